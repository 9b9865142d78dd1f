import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { dataSource } from '../../ormconfig';
import { placeDataSource } from '../../src/database/data-source';
import { TEMPLATE, testCluster, type TestCluster } from './cluster';

/** A database of its own for one test file, migrated and empty. */
export interface TestDatabase {
  place: TestCluster;
  /** For DATABASE_URL of a server in a process of its own. */
  url: string;
  dataSource: DataSource;
  /** Runs SQL and gives the rows. */
  query: <Row>(sql: string, values?: unknown[]) => Promise<Row[]>;
  /** A connection of its own, to hold locks with. */
  connect(): Promise<Client>;
  drop(): Promise<void>;
}

/** Clones the template, or makes an empty database without it. */
export async function createDatabase({ template = TEMPLATE } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await maintain(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  const place = { ...testCluster(), database: name };
  const source = new DataSource(dataSource.options);
  placeDataSource(source, place, { poolSize: 10, statementTimeoutSeconds: 3 }, { warn: () => undefined });
  await source.initialize();
  const clients: Client[] = [];
  return {
    place,
    url: urlOf(place),
    dataSource: source,
    query: (sql, values) => source.query(sql, values),
    async connect() {
      const client = new Client(place);
      client.on('error', () => undefined);
      clients.push(client);
      await client.connect();
      return client;
    },
    async drop() {
      await Promise.all(clients.map((client) => client.end()));
      await source.destroy();
      await maintain(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

function urlOf({ host, port, user, password, database }: TestCluster): string {
  return `postgresql://${user}:${password}@/${database}?host=${encodeURIComponent(host)}&port=${port}`;
}

async function maintain(statement: string): Promise<void> {
  const client = new Client(testCluster());
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** How often in this database some waited for each other until PostgreSQL ended one of them. */
export async function deadlocksIn(database: TestDatabase): Promise<number> {
  const [row] = await database.query<{ deadlocks: number }>(
    'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
  );
  return row!.deadlocks;
}
