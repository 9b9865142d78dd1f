import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lists by name, and a search for a part that many names have, are read from the index alone: for that it must hold the name as it is, and the id. */
export class WidenNameKeys1795220200000 implements MigrationInterface {
  name = 'WidenNameKeys1795220200000';

  async up(runner: QueryRunner): Promise<void> {
    await makeNameKeys(runner, ' INCLUDE (name, id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await makeNameKeys(runner, '');
  }
}

async function makeNameKeys(runner: QueryRunner, include: string): Promise<void> {
  for (const table of ['node', 'service']) {
    await runner.query(`DROP INDEX ${table}_name_key`);
    await runner.query(`CREATE UNIQUE INDEX ${table}_name_key ON ${table} ((lower(name)) COLLATE "C")${include}`);
  }
}
