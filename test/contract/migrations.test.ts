import { DataSource } from 'typeorm';
import { dataSource } from '../../ormconfig';
import { placeDataSource } from '../../src/database/data-source';
import { isMigrated, migrate } from '../../src/database/migrate';
import { startServer } from '../support/server';
import { TEMPLATE } from '../support/cluster';
import { createDatabase, type TestDatabase } from '../support/database';
import { dataOf } from '../support/client';
import { enrol, sync } from '../support/enrol';
import { ask, letIn, makeAgentKey, unlock } from '../client-registry/requests';

/** What no decorator can say, so that only migrations make it; asserted by its whole text below. */
const BY_SQL_ALONE = [
  'CREATE INDEX agent_label_values_idx ON public.agent USING gin (labels jsonb_path_ops)',
  'CREATE INDEX agent_labels_idx ON public.agent USING gin (labels)',
  'CREATE INDEX agent_type_order_idx ON public.agent USING btree (type COLLATE "C", id)',
  'CREATE INDEX node_environment_name_idx ON public.node USING btree (environment, lower(name) COLLATE "C", id)',
  'CREATE INDEX node_label_values_idx ON public.node USING gin (labels jsonb_path_ops)',
  'CREATE INDEX node_labels_idx ON public.node USING gin (labels)',
  'CREATE INDEX node_name_part_idx ON public.node USING gin (lower(name) gin_trgm_ops)',
  'CREATE INDEX node_tags_idx ON public.node USING gin (tags)',
  'CREATE INDEX registration_request_undecided_idx ON public.registration_request USING btree (lower(node_name) COLLATE "C") WHERE (decision IS NULL)',
  'CREATE INDEX service_environment_name_idx ON public.service USING btree (environment, lower(name) COLLATE "C", id)',
  'CREATE INDEX service_label_values_idx ON public.service USING gin (labels jsonb_path_ops)',
  'CREATE INDEX service_labels_idx ON public.service USING gin (labels)',
  'CREATE INDEX service_name_part_idx ON public.service USING gin (lower(name) gin_trgm_ops)',
  'CREATE UNIQUE INDEX node_name_key ON public.node USING btree (lower(name) COLLATE "C") INCLUDE (name, id)',
  'CREATE UNIQUE INDEX service_name_key ON public.service USING btree (lower(name) COLLATE "C") INCLUDE (name, id)',
  'trigger audit_chain_unchanging',
  'trigger audit_event_unchanging',
];

/** How tables are stored, which no decorator can say either; by entities they are without. */
const STORAGE = ['failed_enrolment r unlogged', 'liveness r fillfactor=50'];
const WITHOUT_STORAGE = new Set(STORAGE.map((fact) => fact.replace(/[^ ]+$/, '')));

/** Every constraint, index and column, as PostgreSQL itself writes them; TypeORM's own diff does not see expressions. */
const CATALOG = `
  SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) AS fact
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
  UNION ALL
  SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL
  SELECT concat_ws(' ', table_name, column_name, data_type, udt_name, datetime_precision, collation_name,
    is_nullable, column_default, is_identity, is_generated)
  FROM information_schema.columns WHERE table_schema = 'public'
  UNION ALL
  SELECT relname || ' ' || relkind::text || ' ' || coalesce(array_to_string(reloptions, ','), '')
    || CASE relpersistence WHEN 'u' THEN 'unlogged' ELSE '' END
  FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'S', 'p')
  UNION ALL
  SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal`;

const databases: TestDatabase[] = [];
afterAll(() => Promise.all(databases.map((made) => made.drop())));

describe('entities and migrations', () => {
  let byMigrations: string[];
  let byEntities: string[];
  beforeAll(async () => {
    byMigrations = await catalog(await database(TEMPLATE));
    const empty = await database('template1');
    await empty.dataSource.synchronize();
    byEntities = await catalog(empty);
  });

  test('make the same tables, columns, constraints and indexes, but for what only SQL can say', () => {
    const known = new Set([...BY_SQL_ALONE, ...STORAGE]);
    expect(byMigrations.filter((fact) => !known.has(fact))).toEqual(
      byEntities.filter((fact) => !WITHOUT_STORAGE.has(fact)),
    );
    expect(byMigrations.length).toBeGreaterThan(150);
  });

  test.each([...BY_SQL_ALONE, ...STORAGE])('the migrations make: %s', (fact) => {
    expect(byMigrations).toContain(fact);
  });

  test('give every constraint and index a name that somebody chose', () => {
    const generated = byMigrations.filter((fact) => /\b(PK|FK|UQ|IDX|CHK|REL|DF)_[0-9a-f]{20,}/.test(fact));
    expect(generated).toEqual([]);
  });

  test('index every foreign key', async () => {
    const [{ query }] = [databases[0]!];
    const bare = await query(
      `SELECT conname FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND NOT EXISTS (
         SELECT FROM pg_index WHERE indrelid = conrelid AND indkey[0] = conkey[1] AND indpred IS NULL)`,
    );
    expect(bare).toEqual([]);
  });
});

test('down and up again on a database that is in use ends in the same catalog, empty and ready', async () => {
  const server = await startServer();
  try {
    const { database: live, admin } = server;
    const { secret } = await enrol(admin, { postgresql: { version: '16.4' } });
    await sync(server.as(secret));
    dataOf(await admin('mutation { issueRegistrationToken(input: {}) { secret } }'));
    await unlock(admin);
    await letIn(admin, 'db-approved');
    await ask(server.anonymous, makeAgentKey(), 'db-waiting');
    const before = await catalog(live);
    for (const _ of live.dataSource.migrations) await live.dataSource.undoLastMigration();
    expect(
      await live.query(`SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`),
    ).toEqual([{ relname: 'migrations' }]);
    await live.dataSource.runMigrations();
    expect(await catalog(live)).toEqual(before);
    expect(await isMigrated(live.dataSource)).toBe(true);
    expect(await live.query('SELECT open_until FROM client_registry')).toEqual([{ open_until: null }]);
    expect(await live.query('SELECT heard_until IS NOT NULL AS heard FROM hearing')).toEqual([{ heard: true }]);
  } finally {
    await server.stop();
  }
});

describe('the runner of migrations', () => {
  test('runs each migration once when several servers start at once, and lets them in one after the other', async () => {
    const empty = await database('template1');
    let inside = 0;
    const starts = [1, 2, 3].map(() =>
      migrate(source(empty), async (db) => {
        inside += 1;
        const alone = inside === 1;
        const tables = await db.query<unknown[]>('SELECT FROM node');
        inside -= 1;
        return alone && tables.length === 0;
      }),
    );
    expect(await Promise.all(starts)).toEqual([true, true, true]);
    const ran = await empty.query<{ name: string }>('SELECT name FROM migrations ORDER BY id');
    expect(ran.map(({ name }) => name)).toEqual(dataSourceMigrations(empty));
    expect(await isMigrated(empty.dataSource)).toBe(true);
  });

  test('leaves the database as it was, and the lock free, when a migration fails', async () => {
    const empty = await database('template1');
    await empty.query('CREATE TABLE service (taken integer)');
    await expect(migrate(source(empty), async () => undefined)).rejects.toThrow('already exists');
    expect(await empty.query(`SELECT relname FROM pg_class WHERE relname IN ('node', 'agent')`)).toEqual([]);
    await empty.query('DROP TABLE service');
    expect(await migrate(source(empty), async () => 'done')).toBe('done');
  });

  test('changes nothing where all have run', async () => {
    const migrated = await database(TEMPLATE);
    const before = await catalog(migrated);
    await migrate(source(migrated), async () => undefined);
    expect(await catalog(migrated)).toEqual(before);
  });
});

async function database(template: string): Promise<TestDatabase> {
  const made = await createDatabase({ template });
  databases.push(made);
  return made;
}

/** A data source of its own, as each server has. */
function source({ place }: TestDatabase): DataSource {
  return placeDataSource(
    new DataSource(dataSource.options),
    place,
    { poolSize: 1, statementTimeoutSeconds: 3 },
    { warn: () => undefined },
  );
}

/** By the timestamps that their names end with, as they run. */
function dataSourceMigrations({ dataSource: { migrations } }: TestDatabase): string[] {
  return migrations.map(({ name }) => name!).toSorted((one, other) => (one.slice(-13) < other.slice(-13) ? -1 : 1));
}

async function catalog({ query }: TestDatabase): Promise<string[]> {
  const facts = (await query<{ fact: string }>(CATALOG)).map(({ fact }) => fact);
  return facts.filter((fact) => !/\bmigrations(_id_seq|_pkey)?\b/.test(fact)).toSorted();
}
