import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The budgets of failed enrolments that servers share. What a crash of the database loses of them is a minute of counting. */
export class AddFailedEnrolments1795219400000 implements MigrationInterface {
  name = 'AddFailedEnrolments1795219400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE UNLOGGED TABLE failed_enrolment (
        address text NOT NULL,
        spent_until timestamptz NOT NULL,
        CONSTRAINT failed_enrolment_pkey PRIMARY KEY (address)
      )`);
    await runner.query('CREATE INDEX failed_enrolment_spent_until_idx ON failed_enrolment (spent_until)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE failed_enrolment');
  }
}
