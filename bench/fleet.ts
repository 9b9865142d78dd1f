import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { dataSource } from '../ormconfig';
import { placeDataSource } from '../src/database/data-source';
import type { DatabaseConnection } from '../src/database/embedded/embedded-postgres';
import { migrate } from '../src/database/migrate';
import { AGENTS, LIVENESS, NODES, SERVICES } from './fleet-rows';

// Makes a database with a fleet of a size, the same one each time: three services and six agents a node.

const BATCH = 50_000;

/** The database of a fleet of so many nodes; made unless it is there from a former run. */
export async function fleetOf(nodes: number, cluster: DatabaseConnection): Promise<DatabaseConnection> {
  const place = { ...cluster, database: `fleet_${nodes}` };
  const made = await withClient(cluster, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [place.database]);
    return rowCount !== 0;
  });
  if (made) {
    await schemaOf(place);
    return place;
  }
  // Under another name until it is whole.
  const unfinished = { ...place, database: `${place.database}_unfinished` };
  await withClient(cluster, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${unfinished.database}`);
    await client.query(`CREATE DATABASE ${unfinished.database}`);
  });
  await schemaOf(unfinished);
  await withClient(unfinished, (client) => fill(client, nodes));
  await withClient(cluster, (client) =>
    client.query(`ALTER DATABASE ${unfinished.database} RENAME TO ${place.database}`),
  );
  return place;
}

async function schemaOf(place: DatabaseConnection): Promise<void> {
  const limits = { poolSize: 2, statementTimeoutSeconds: 3600 };
  const source = placeDataSource(new DataSource(dataSource.options), place, limits, { warn: () => undefined });
  await migrate(source, async () => undefined);
}

/** Without foreign keys and indexes, which are made when the rows are there: a few minutes for a million nodes. */
async function fill(client: Client, nodes: number): Promise<void> {
  await client.query(
    `SET session_replication_role = replica; SET synchronous_commit = off; SET maintenance_work_mem = '1GB'`,
  );
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `SELECT indexname AS name, indexdef AS definition FROM pg_indexes
     WHERE tablename IN ('node', 'service', 'agent') AND indexname NOT LIKE '%_pkey'`,
  );
  for (const { name } of indexes) await client.query(`DROP INDEX ${name}`);
  for (let from = 1; from <= nodes; from += BATCH)
    for (const rows of [NODES, SERVICES, AGENTS, LIVENESS])
      await client.query(rows, [from, Math.min(from + BATCH - 1, nodes), nodes]);
  for (const { definition } of indexes) await client.query(definition);
  await client.query('VACUUM ANALYZE');
}

async function withClient<T>(place: DatabaseConnection, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(place);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
