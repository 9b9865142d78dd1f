import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What host agents report of the agents that they run, and how two hosts with one credential are told apart. */
export class AddSupervision1795400000000 implements MigrationInterface {
  name = 'AddSupervision1795400000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE agent ADD COLUMN reported_status text, ADD COLUMN status_generation integer,
        ADD CONSTRAINT agent_reported_status_check CHECK (
          reported_status IS NULL
            OR reported_status IN ('STARTING', 'RUNNING', 'WAITING', 'STOPPING', 'DONE') AND supervisor_id IS NOT NULL)`);
    await runner.query(`
      ALTER TABLE liveness ADD COLUMN superseded_boot_id uuid, ADD COLUMN refused_boot_id uuid,
        ADD COLUMN clone_suspected_at timestamptz(3)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE liveness DROP COLUMN superseded_boot_id, DROP COLUMN refused_boot_id, DROP COLUMN clone_suspected_at',
    );
    await runner.query('ALTER TABLE agent DROP COLUMN reported_status, DROP COLUMN status_generation');
  }
}
