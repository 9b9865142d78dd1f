import type { MigrationInterface, QueryRunner } from 'typeorm';

const TYPES = `
  'HOST_AGENT', 'NODE_EXPORTER', 'MYSQLD_EXPORTER', 'MONGODB_EXPORTER', 'POSTGRES_EXPORTER', 'PROXYSQL_EXPORTER',
  'VALKEY_EXPORTER', 'RDS_EXPORTER', 'AZURE_DATABASE_EXPORTER', 'EXTERNAL_EXPORTER', 'QAN_MYSQL_PERFSCHEMA_AGENT',
  'QAN_MYSQL_SLOWLOG_AGENT', 'QAN_MONGODB_PROFILER_AGENT', 'QAN_MONGODB_MONGOLOG_AGENT',
  'QAN_POSTGRESQL_PGSTATEMENTS_AGENT', 'QAN_POSTGRESQL_PGSTATMONITOR_AGENT', 'VM_AGENT', 'NOMAD_AGENT',
  'RTA_MONGODB_AGENT'`;

/** All kinds of agents, with what they can be told. */
export class CompleteAgents1795220000000 implements MigrationInterface {
  name = 'CompleteAgents1795220000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE agent
        ADD COLUMN settings jsonb NOT NULL DEFAULT '{}',
        DROP CONSTRAINT agent_type_check,
        ADD CONSTRAINT agent_type_check CHECK (type IN (${TYPES})),
        ADD CONSTRAINT agent_settings_check CHECK (jsonb_typeof(settings) = 'object'),
        ADD CONSTRAINT agent_external_port_check CHECK (type <> 'EXTERNAL_EXPORTER' OR listen_port IS NOT NULL),
        ADD CONSTRAINT agent_supervisor_check CHECK ((supervisor_id IS NULL) = (type IN ('HOST_AGENT', 'EXTERNAL_EXPORTER'))),
        DROP CONSTRAINT agent_observes_check,
        ADD CONSTRAINT agent_observes_check CHECK (num_nonnulls(observed_node_id, observed_service_id)
          = CASE WHEN type = 'HOST_AGENT' THEN 0 ELSE 1 END)`);
  }

  /** Agents of the kinds that there were not before go, with their secrets. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DELETE FROM agent_secret');
    await runner.query(`DELETE FROM agent WHERE type <> 'HOST_AGENT'`);
    await runner.query(`
      ALTER TABLE agent
        DROP COLUMN settings,
        DROP CONSTRAINT agent_external_port_check,
        DROP CONSTRAINT agent_supervisor_check,
        DROP CONSTRAINT agent_observes_check,
        ADD CONSTRAINT agent_observes_check CHECK (num_nonnulls(observed_node_id, observed_service_id) <= 1),
        DROP CONSTRAINT agent_type_check,
        ADD CONSTRAINT agent_type_check CHECK (type IN ('HOST_AGENT'))`);
  }
}
