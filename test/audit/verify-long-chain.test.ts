import { createDatabase, type TestDatabase } from '../support/database';
import { chainAll, tamper, verdict, writeRows } from './trail';

let database: TestDatabase;

beforeEach(async () => {
  database = await createDatabase();
  await writeRows(database, 5);
  await chainAll(database);
});
afterEach(() => database.drop());

describe('a row that is inserted into a long chain is found wherever it is', () => {
  beforeEach(async () => {
    await database.query(
      `WITH event AS (
         INSERT INTO audit_event (id, action, outcome)
         SELECT gen_random_uuid(), 'test.many', 'SUCCEEDED' FROM generate_series(1, 2500) RETURNING id
       ) INSERT INTO audit_unchained SELECT id FROM event`,
    );
    await chainAll(database);
    await tamper(
      database,
      'ALTER TABLE audit_chain DROP CONSTRAINT audit_chain_pkey',
      `INSERT INTO audit_event (id, action, outcome) VALUES (gen_random_uuid(), 'test.forged', 'SUCCEEDED')`,
    );
  });

  test.each([1, 999, 1000, 1001, 2000, 2505])('beside the one of seq %d', async (seq) => {
    await tamper(
      database,
      `INSERT INTO audit_chain SELECT seq, event.id, row_hash, chain_hash FROM audit_chain, audit_event AS event
       WHERE seq = ${seq} AND event.action = 'test.forged'`,
    );
    expect(await verdict(database)).toMatch(
      new RegExp(`A row was inserted: the chain has two of seq ${seq}|The row of seq ${seq} was changed`),
    );
  });
});

describe('a row that is chained and put among those that wait', () => {
  const PUT_BACK = `INSERT INTO audit_unchained VALUES ((SELECT audit_id FROM audit_chain WHERE seq = 2))`;

  test('is found', async () => {
    await tamper(database, PUT_BACK);
    expect(await verdict(database)).toContain('A row is in the chain and is said to wait for it');
  });

  test('keeps no other row out of the chain', async () => {
    await tamper(database, PUT_BACK);
    await writeRows(database, 2);
    expect((await chainAll(database)).seq).toBe(7);
  });
});
