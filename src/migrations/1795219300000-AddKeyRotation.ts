import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What rotation, last use and signs of theft need of a key. A key has one successor at most, however many ask at once. */
export class AddKeyRotation1795219300000 implements MigrationInterface {
  name = 'AddKeyRotation1795219300000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE api_key
        ADD COLUMN rotation_hash bytea,
        ADD COLUMN grace_until timestamptz(3),
        ADD COLUMN grace_until_use boolean NOT NULL DEFAULT false,
        ADD COLUMN first_used_at timestamptz(3),
        ADD COLUMN last_used_at timestamptz(3),
        ADD COLUMN misused_at timestamptz(3),
        ADD CONSTRAINT api_key_rotation_hash_check CHECK (octet_length(rotation_hash) = 32)`);
    await runner.query('DROP INDEX api_key_rotated_from_id_idx');
    await runner.query('CREATE UNIQUE INDEX api_key_rotated_from_id_key ON api_key (rotated_from_id)');
    await runner.query('CREATE INDEX api_key_created_at_idx ON api_key (created_at, id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX api_key_created_at_idx');
    await runner.query('DROP INDEX api_key_rotated_from_id_key');
    await runner.query('CREATE INDEX api_key_rotated_from_id_idx ON api_key (rotated_from_id)');
    await runner.query(`
      ALTER TABLE api_key
        DROP COLUMN rotation_hash, DROP COLUMN grace_until, DROP COLUMN grace_until_use, DROP COLUMN first_used_at,
        DROP COLUMN last_used_at, DROP COLUMN misused_at`);
  }
}
