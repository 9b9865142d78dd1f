import type { MigrationInterface, QueryRunner } from 'typeorm';

/** All kinds of services; two of them have no address. */
export class CompleteServices1795219600000 implements MigrationInterface {
  name = 'CompleteServices1795219600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE service
        ADD COLUMN external_group text,
        DROP CONSTRAINT service_type_check,
        ADD CONSTRAINT service_type_check CHECK (type IN ('MYSQL', 'MONGODB', 'POSTGRESQL', 'VALKEY', 'PROXYSQL', 'HAPROXY', 'EXTERNAL')),
        DROP CONSTRAINT service_endpoint_check,
        ADD CONSTRAINT service_endpoint_check CHECK ((address IS NULL) = (port IS NULL)
          AND num_nonnulls(port, socket) = CASE WHEN type IN ('HAPROXY', 'EXTERNAL') THEN 0 ELSE 1 END),
        ADD CONSTRAINT service_group_check CHECK ((type = 'EXTERNAL') = (external_group IS NOT NULL) AND external_group <> '')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM service WHERE type <> 'POSTGRESQL'`);
    await runner.query(`
      ALTER TABLE service
        DROP COLUMN external_group,
        DROP CONSTRAINT service_endpoint_check,
        ADD CONSTRAINT service_endpoint_check CHECK ((address IS NULL) = (port IS NULL) AND num_nonnulls(port, socket) = 1),
        DROP CONSTRAINT service_type_check,
        ADD CONSTRAINT service_type_check CHECK (type IN ('POSTGRESQL'))`);
  }
}
