import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The secrets of monitored services, encrypted. */
export class AddAgentSecrets1795219900000 implements MigrationInterface {
  name = 'AddAgentSecrets1795219900000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE agent_secret (
        agent_id uuid NOT NULL,
        field text NOT NULL,
        key_id text NOT NULL,
        sealed bytea NOT NULL,
        CONSTRAINT agent_secret_pkey PRIMARY KEY (agent_id, field),
        CONSTRAINT agent_secret_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agent (id)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE agent_secret');
  }
}
