import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A rare action is found among millions of rows without reading them all. */
export class IndexAuditActions1795219350000 implements MigrationInterface {
  name = 'IndexAuditActions1795219350000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX audit_event_action_idx ON audit_event (action, at, id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX audit_event_action_idx');
  }
}
