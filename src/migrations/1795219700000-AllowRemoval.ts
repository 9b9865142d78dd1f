import type { MigrationInterface, QueryRunner } from 'typeorm';

const ENDS = "'KEY_REVOKED', 'KEY_ROTATED', 'AGENT_REPLACED'";

/** The keys of a removed agent say so. */
export class AllowRemoval1795219700000 implements MigrationInterface {
  name = 'AllowRemoval1795219700000';

  async up(runner: QueryRunner): Promise<void> {
    await allow(runner, `${ENDS}, 'AGENT_REMOVED'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`UPDATE api_key SET ended_by = 'KEY_REVOKED' WHERE ended_by = 'AGENT_REMOVED'`);
    await allow(runner, ENDS);
  }
}

async function allow(runner: QueryRunner, ends: string): Promise<void> {
  await runner.query(`
    ALTER TABLE api_key
      DROP CONSTRAINT api_key_end_check,
      ADD CONSTRAINT api_key_end_check CHECK ((revoked_at IS NULL) = (ended_by IS NULL) AND ended_by IN (${ends}))`);
}
