import { DataSource } from 'typeorm';
import { dataSource } from '../../ormconfig';
import { placeDataSource } from '../../src/database/data-source';
import { isMigrated, migrate } from '../../src/database/migrate';
import { StartFailure } from '../../src/start-failure';
import { createDatabase, type TestDatabase } from '../support/database';

let empty: TestDatabase;
let role: string;

beforeEach(async () => {
  empty = await createDatabase({ template: 'template1' });
  role = `${empty.place.database}_role`;
  await empty.query(`CREATE ROLE ${role} LOGIN PASSWORD 'a password'`);
});
afterEach(async () => {
  // Otherwise the role, which belongs to the cluster, could not go.
  await empty.query(`DROP OWNED BY ${role} CASCADE`);
  await empty.query(`DROP ROLE ${role}`);
  await empty.drop();
});

/** Migrates as the role; whether all has been done then. */
async function migrateAsRole(): Promise<boolean> {
  const source = new DataSource(dataSource.options);
  const place = { ...empty.place, user: role, password: 'a password' };
  placeDataSource(source, place, { poolSize: 1, statementTimeoutSeconds: 3 }, { warn: () => undefined });
  await migrate(source, async () => undefined);
  return isMigrated(empty.dataSource);
}

describe('a role that may not make tables', () => {
  it.each([
    ['CREATE', 'permission denied for schema public', 'REVOKE CREATE ON SCHEMA public FROM PUBLIC'],
    ['USAGE', 'no schema has been selected to create in', 'REVOKE ALL ON SCHEMA public FROM PUBLIC'],
  ])('because it lacks %s on the schema is told so, and does it once it may', async (_, reason, revoke) => {
    await empty.query(revoke);
    const told: unknown = await migrateAsRole().catch((error: unknown) => error);
    expect(told).toBeInstanceOf(StartFailure);
    expect(told).toMatchObject({
      message:
        `The role of DATABASE_URL may not make the tables of Rollcall (${reason}): ` +
        'grant CREATE on the schema to it (GRANT USAGE, CREATE ON SCHEMA public TO …), or set DATABASE_URL to the role that owns the database.',
    });
    await empty.query(`GRANT USAGE, CREATE ON SCHEMA public TO ${role}`);
    await expect(migrateAsRole()).resolves.toBe(true);
  });
});
