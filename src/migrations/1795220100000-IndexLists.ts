import type { MigrationInterface, QueryRunner } from 'typeorm';

/** By which a page of an environment is read in each order, and a page of agents by their kind. */
const ORDERS = [
  ...['node', 'service'].flatMap((table) => [
    `CREATE INDEX ${table}_environment_name_idx ON ${table} (environment, (lower(name)) COLLATE "C", id)`,
    `CREATE INDEX ${table}_environment_created_at_idx ON ${table} (environment, created_at, id)`,
    `CREATE INDEX ${table}_environment_updated_at_idx ON ${table} (environment, updated_at, id)`,
  ]),
  'CREATE INDEX service_cluster_idx ON service (cluster)',
  'CREATE INDEX agent_type_order_idx ON agent (type COLLATE "C", id)',
];

/** A label with its value is one entry here; in the other index, which knows that a label exists, it is two that must be matched. */
const LABEL_VALUES = ['node', 'service', 'agent'].map(
  (table) => `CREATE INDEX ${table}_label_values_idx ON ${table} USING gin (labels jsonb_path_ops)`,
);

/** PostgreSQL's own, and trusted: whoever may make things in the database may have it. Where it cannot be had, search is slower. */
const TRIGRAMS = `
  DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
  EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    RAISE WARNING 'Names are searched without an index: %', SQLERRM;
  END $$`;

/** In whichever schema it was installed. */
const TRIGRAM_SCHEMA = `
  SELECT quote_ident(nspname) AS schema FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
  WHERE extname = 'pg_trgm'`;

/** Pages of large lists, and search by part of a name, are read by an index. */
export class IndexLists1795220100000 implements MigrationInterface {
  name = 'IndexLists1795220100000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...ORDERS, ...LABEL_VALUES]) await runner.query(statement);
    await runner.query(TRIGRAMS);
    const [trigrams] = (await runner.query(TRIGRAM_SCHEMA)) as { schema: string }[];
    if (!trigrams) return;
    for (const table of ['node', 'service'])
      await runner.query(
        `CREATE INDEX ${table}_name_part_idx ON ${table} USING gin (lower(name) ${trigrams.schema}.gin_trgm_ops)`,
      );
  }

  /** The extension stays: something else may need it. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX IF EXISTS node_name_part_idx, service_name_part_idx`);
    await runner.query('DROP INDEX node_label_values_idx, service_label_values_idx, agent_label_values_idx');
    await runner.query('DROP INDEX agent_type_order_idx, service_cluster_idx');
    for (const table of ['node', 'service'])
      await runner.query(
        `DROP INDEX ${table}_environment_name_idx, ${table}_environment_created_at_idx, ${table}_environment_updated_at_idx`,
      );
  }
}
