import { createDatabase, type TestDatabase } from '../support/database';
import { chainAll, verdict, writeRows } from './trail';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await writeRows(database, 2);
  await chainAll(database);
});
afterAll(() => database.drop());

test.each([
  `UPDATE audit_event SET reason = 'other'`,
  `UPDATE audit_event SET reason = reason WHERE false`,
  'DELETE FROM audit_event',
  'TRUNCATE audit_event CASCADE',
  'UPDATE audit_chain SET seq = seq + 10',
  'DELETE FROM audit_chain WHERE seq = 2',
  'TRUNCATE audit_chain',
  `INSERT INTO audit_chain SELECT * FROM audit_chain ON CONFLICT (seq) DO UPDATE SET chain_hash = excluded.chain_hash`,
])('PostgreSQL refuses, to the superuser too: %s', async (statement) => {
  await expect(database.query(statement)).rejects.toMatchObject({
    message: expect.stringContaining('the audit trail is only ever added to'),
    driverError: { code: '42501' },
  });
  expect(await verdict(database)).toBe(2);
});

test.each([
  ['a number twice', 'SELECT 2, audit_id, row_hash, chain_hash', 'audit_chain_pkey'],
  ['a row twice', 'SELECT 3, audit_id, row_hash, chain_hash', 'audit_chain_audit_id_key'],
  ['a row that is not there', 'SELECT 3, gen_random_uuid(), row_hash, chain_hash', 'audit_chain_audit_id_fkey'],
  ['a hash that is none', `SELECT 3, audit_id, '', chain_hash`, 'audit_chain_hash_check'],
])('the chain does not take %s', async (_, select, constraint) => {
  await expect(
    database.query(`INSERT INTO audit_chain ${select} FROM audit_chain WHERE seq = 1`),
  ).rejects.toMatchObject({ driverError: { constraint } });
});
