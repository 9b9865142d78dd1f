import { chainHash, CANONICAL_ROW, rowHash, type CanonicalRow } from '../../src/audit/canonical-row';
import type { ChainHead } from '../../src/audit/chain';
import { createDatabase, type TestDatabase } from '../support/database';
import { chainAll, tamper, verdict, writeRows } from './trail';

let database: TestDatabase;
let head: ChainHead;

beforeEach(async () => {
  database = await createDatabase();
  await writeRows(database, 5);
  head = await chainAll(database);
});
afterEach(() => database.drop());

const ID_OF = (seq: number) => `(SELECT audit_id FROM audit_chain WHERE seq = ${seq})`;

test('a chain that nobody touched is good, with and without the anchor, and so is an empty one', async () => {
  expect([await verdict(database), await verdict(database, head)]).toEqual([5, 5]);
  await writeRows(database, 2);
  await chainAll(database);
  expect(await verdict(database, head)).toBe(7);
  const empty = await createDatabase();
  expect(await verdict(empty)).toBe(0);
  await empty.drop();
});

test.each<[field: string, change: string]>([
  ['id', 'id = gen_random_uuid()'],
  ['at', `at = at + interval '1 ms'`],
  ['at, to no instant', `at = 'infinity'`],
  ['at, to the same day before Christ', `at = (at::text || ' BC')::timestamptz`],
  ['action', `action = 'test.other'`],
  ['outcome', `outcome = 'REFUSED'`],
  ['actor_name', `actor_name = 'other'`],
  ['actor_name, to nothing', 'actor_name = NULL'],
  ['actor_key_public_id', `actor_key_public_id = ''`],
  ['remote_address', `remote_address = '192.0.2.1'`],
  ['target_type', `target_type = 'node'`],
  ['target_id', 'target_id = gen_random_uuid()'],
  ['target_name', `target_name = ''`],
  ['reason', `reason = 'because'`],
  ['changes, a value', `changes = jsonb_set(changes, '{0,after}', '"other"')`],
  ['changes, a member', `changes = jsonb_set(changes, '{0,more}', 'null')`],
  ['changes, all', `changes = '[]'`],
  ['request_id', `request_id = 'other'`],
  ['count', 'count = 2'],
])('a changed field of a row is found, and the row named: %s', async (field, change) => {
  const id = (await database.query<{ id: string }>(`SELECT ${ID_OF(3)} AS id`))[0]!.id;
  await tamper(database, `UPDATE audit_event SET ${change} WHERE id = ${ID_OF(3)}`);
  const said = await verdict(database);
  expect(said).toContain(field === 'id' ? 'The row of seq 3 was removed' : 'The row of seq 3 was changed');
  expect(said).toContain(id);
});

test('two changed rows: the first is named', async () => {
  await tamper(database, `UPDATE audit_event SET count = 9 WHERE id IN (${ID_OF(4)}, ${ID_OF(2)})`);
  expect(await verdict(database)).toContain('The row of seq 2 was changed');
});

describe('a removed row is found', () => {
  test('with its link', async () => {
    await tamper(database, `DELETE FROM audit_event WHERE id = ${ID_OF(2)}`, 'DELETE FROM audit_chain WHERE seq = 2');
    expect(await verdict(database)).toBe('The row of seq 2 was removed: the chain goes on with seq 3.');
  });

  test('with its link, and the gap closed', async () => {
    await tamper(
      database,
      `DELETE FROM audit_event WHERE id = ${ID_OF(2)}`,
      'DELETE FROM audit_chain WHERE seq = 2',
      ...[3, 4, 5].map((seq) => `UPDATE audit_chain SET seq = ${seq - 1} WHERE seq = ${seq}`),
    );
    expect(await verdict(database)).toContain('The row of seq 2 does not follow from the one before');
  });

  test('without its link', async () => {
    await tamper(database, `DELETE FROM audit_event WHERE id = ${ID_OF(2)}`);
    expect(await verdict(database)).toMatch(/^The row of seq 2 was removed: there is no audit event [0-9a-f-]{36}\.$/);
  });

  test('the first of all', async () => {
    await tamper(database, `DELETE FROM audit_event WHERE id = ${ID_OF(1)}`, 'DELETE FROM audit_chain WHERE seq = 1');
    expect(await verdict(database)).toBe('The row of seq 1 was removed: the chain goes on with seq 2.');
  });

  test('a link alone, out of the middle or off the end', async () => {
    await tamper(database, 'DELETE FROM audit_chain WHERE seq = 5');
    expect(await verdict(database)).toContain('the end of the chain was cut off');
    await tamper(database, 'DELETE FROM audit_chain WHERE seq = 3');
    expect(await verdict(database)).toContain('The row of seq 3 was removed');
  });
});

describe('a swapped pair is found', () => {
  test('of links', async () => {
    await tamper(
      database,
      'UPDATE audit_chain SET seq = 100 WHERE seq = 2',
      'UPDATE audit_chain SET seq = 2 WHERE seq = 4',
      'UPDATE audit_chain SET seq = 4 WHERE seq = 100',
    );
    expect(await verdict(database)).toContain('The row of seq 2 does not follow from the one before');
  });

  test('of the rows that two links name', async () => {
    await tamper(
      database,
      'DROP INDEX audit_chain_audit_id_key',
      `UPDATE audit_chain AS one SET audit_id = other.audit_id FROM audit_chain AS other
       WHERE one.seq IN (2, 4) AND other.seq = 6 - one.seq`,
    );
    expect(await verdict(database)).toContain('The row of seq 2 was changed, or another was put in its place');
  });

  test('of the times of two rows', async () => {
    await tamper(
      database,
      `UPDATE audit_event AS one SET at = other.at + interval '1 ms' FROM audit_event AS other
       WHERE one.id IN (${ID_OF(2)}, ${ID_OF(4)}) AND other.id IN (${ID_OF(2)}, ${ID_OF(4)}) AND one.id <> other.id`,
    );
    expect(await verdict(database)).toContain('The row of seq 2 was changed');
  });
});

describe('an inserted row is found', () => {
  const INSERT = `INSERT INTO audit_event (id, action, outcome) VALUES (gen_random_uuid(), 'test.forged', 'SUCCEEDED')`;

  test('beside the chain', async () => {
    await tamper(database, INSERT);
    const said = await verdict(database);
    expect(said).toContain('A row is neither in the chain nor waiting for it');
    expect(said).toContain('test.forged');
  });

  test.each([
    ['before its start', 'INSERT INTO audit_chain SELECT 0, id, $hash, $hash', 'The row of seq 0 was inserted'],
    ['behind its end', 'INSERT INTO audit_chain SELECT 6, id, $hash, $hash', 'The row of seq 6 does not follow'],
  ])('in the chain, %s', async (_, link, said) => {
    await tamper(
      database,
      INSERT,
      'ALTER TABLE audit_chain DROP CONSTRAINT audit_chain_seq_check',
      `${link.replaceAll('$hash', `decode(repeat('00', 32), 'hex')`)} FROM audit_event WHERE action = 'test.forged'`,
    );
    expect(await verdict(database)).toContain(said);
  });
});

describe('a tail that was cut off', () => {
  beforeEach(() =>
    tamper(
      database,
      `DELETE FROM audit_event WHERE id IN (${ID_OF(4)}, ${ID_OF(5)})`,
      'DELETE FROM audit_chain WHERE seq > 3',
    ),
  );

  test('is found with an anchor', async () => {
    expect(await verdict(database, head)).toBe(
      'The chain ends at seq 3, before the anchor: the rows from seq 4 to 5 were removed.',
    );
  });

  test('is not found without, which is what anchors are for', async () => {
    expect(await verdict(database)).toBe(3);
  });

  test('is found with an anchor when new rows have taken its place', async () => {
    await writeRows(database, 2);
    await chainAll(database);
    expect(await verdict(database)).toBe(5);
    expect(await verdict(database, head)).toContain('The chain was rewritten: at seq 5');
  });
});

test('a chain that was rewritten with care is found with an anchor, and only with one', async () => {
  await tamper(database, `UPDATE audit_event SET actor_name = 'somebody else' WHERE id = ${ID_OF(2)}`);
  await rewriteChain();
  expect(await verdict(database)).toBe(5);
  expect(await verdict(database, head)).toContain('The chain was rewritten: at seq 5');
  await writeRows(database, 3);
  await chainAll(database);
  expect(await verdict(database, head)).toContain('The chain was rewritten: at seq 5');
});

test('an anchor of an empty chain holds for every chain, one of another chain for none', async () => {
  expect(await verdict(database, { seq: 0, hash: Buffer.alloc(32) })).toBe(5);
  expect(await verdict(database, { seq: 0, hash: head.hash })).toContain('The chain was rewritten: at seq 0');
  expect(await verdict(database, { seq: 3, hash: head.hash })).toContain('The chain was rewritten: at seq 3');
});

/** What a forger would do who knows this code. */
async function rewriteChain(): Promise<void> {
  let former: Buffer = Buffer.alloc(32);
  const rows = await database.query<{ seq: string; row: CanonicalRow }>(
    `SELECT seq, ${CANONICAL_ROW} AS row FROM audit_chain JOIN audit_event AS event ON event.id = audit_id ORDER BY seq`,
  );
  for (const { seq, row } of rows) {
    const hash = rowHash(row);
    former = chainHash(former, Number(seq), hash);
    await tamper(
      database,
      `UPDATE audit_chain SET row_hash = decode('${hash.toString('hex')}', 'hex'),
         chain_hash = decode('${former.toString('hex')}', 'hex') WHERE seq = ${seq}`,
    );
  }
}
