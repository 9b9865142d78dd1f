import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Remote machines and managed instances. */
export class CompleteNodes1795219500000 implements MigrationInterface {
  name = 'CompleteNodes1795219500000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE node
        ADD COLUMN instance_id text,
        DROP CONSTRAINT node_type_check,
        ADD CONSTRAINT node_type_check CHECK (type IN ('GENERIC', 'CONTAINER', 'REMOTE', 'REMOTE_RDS', 'REMOTE_AZURE_DATABASE')),
        ADD CONSTRAINT node_region_check CHECK (type NOT IN ('REMOTE_RDS', 'REMOTE_AZURE_DATABASE') OR region IS NOT NULL),
        ADD CONSTRAINT node_rds_address_check CHECK (type <> 'REMOTE_RDS' OR position('.' in address) = 0)`);
    await runner.query(`CREATE UNIQUE INDEX node_rds_address_key ON node (address, region) WHERE type = 'REMOTE_RDS'`);
    await runner.query(
      `CREATE UNIQUE INDEX node_azure_address_key ON node (address, region) WHERE type = 'REMOTE_AZURE_DATABASE'`,
    );
  }

  /** Nodes of the kinds that there were not before go, with what hangs on them only the database can say. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX node_azure_address_key, node_rds_address_key');
    await runner.query(`DELETE FROM node WHERE type NOT IN ('GENERIC', 'CONTAINER')`);
    await runner.query(`
      ALTER TABLE node
        DROP COLUMN instance_id,
        DROP CONSTRAINT node_rds_address_check,
        DROP CONSTRAINT node_region_check,
        DROP CONSTRAINT node_type_check,
        ADD CONSTRAINT node_type_check CHECK (type IN ('GENERIC', 'CONTAINER'))`);
  }
}
