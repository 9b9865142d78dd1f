import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Environments are filtered by and counted. */
export class CountEnvironments1795219800000 implements MigrationInterface {
  name = 'CountEnvironments1795219800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX node_environment_idx ON node (environment)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX node_environment_idx');
  }
}
