import { randomUUID } from 'node:crypto';
import { codes, dataOf, type Answer, type GraphQLClient } from '../support/client';
import { startServer, type TestServer } from '../support/server';
import { eventually } from '../database/embedded/data-folders';
import {
  auditRows,
  issue,
  presented,
  publicIdOf,
  revoke,
  rotate,
  rotateItself,
  setKey,
  tryToRotate,
  type GivenKey,
} from './key-requests';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

describe('a rotation whose answer was lost', () => {
  test('may be asked again under its id: the same successor with a new secret, the former secret dead', async () => {
    const { apiKey } = await issue(server.admin);
    const rotationId = randomUUID();
    const first = await rotate(server.admin, apiKey.id, { rotationId });
    const second = await rotate(server.admin, apiKey.id, { rotationId });
    expect(second.apiKey).toEqual(first.apiKey);
    expect(second.secret).not.toBe(first.secret);
    expect(publicIdOf(second.secret)).toBe(publicIdOf(first.secret));
    expect(await presented(server, first.secret)).toBe('UNAUTHENTICATED');
    expect(await presented(server, second.secret)).toBe('VIEWER');
  });

  test('may be asked again by the key itself, which is still good', async () => {
    const { apiKey, secret } = await issue(server.admin);
    const rotationId = randomUUID();
    const [first, second] = [
      dataOf(await rotateItself(server.as(secret), apiKey.id, { rotationId })).rotateApiKey,
      dataOf(await rotateItself(server.as(secret), apiKey.id, { rotationId })).rotateApiKey,
    ];
    expect(second.apiKey.id).toBe(first.apiKey.id);
    expect(await presented(server, first.secret)).toBe('UNAUTHENTICATED');
    expect(await presented(server, secret)).toBe('VIEWER');
    expect(await presented(server, second.secret)).toBe('VIEWER');
    expect(await presented(server, secret)).toBe('KEY_ROTATED');
  });

  test('is told in the audit trail as what it is', async () => {
    const { apiKey } = await issue(server.admin);
    const rotationId = randomUUID();
    await rotate(server.admin, apiKey.id, { rotationId });
    await rotate(server.admin, apiKey.id, { rotationId });
    const rows = (await auditRows(server, apiKey.id)).filter(({ action }) => action === 'api_key.rotate');
    expect(rows.map(({ reason }) => reason)).toEqual([null, expect.stringContaining('retry')]);
    expect(rows[1]!['changes']).toEqual(rows[0]!['changes']);
    expect(JSON.stringify(rows)).not.toContain(rotationId);
  });
});

const REFUSED: [
  string,
  { first?: string; again?: string; meanwhile?: (secret: string, id: string) => Promise<unknown> },
][] = [
  ['under another id', { first: randomUUID(), again: randomUUID() }],
  ['without the id', { first: randomUUID() }],
  ['when the first time had no id', { again: randomUUID() }],
  ['when the successor was used', both({ meanwhile: (secret) => presented(server, secret) })],
  ['when the successor was revoked', both({ meanwhile: (_, id) => revoke(server.admin, id) })],
  [
    'when the successor has expired',
    both({ meanwhile: (secret) => setKey(server, secret, 'expires_at = clock_timestamp()') }),
  ],
];

test.each(REFUSED)('a second rotation %s is CONFLICT, and changes nothing', async (_, { first, again, meanwhile }) => {
  const { apiKey } = await issue(server.admin);
  const successor = await rotate(server.admin, apiKey.id, { rotationId: first ?? null });
  await meanwhile?.(successor.secret, successor.apiKey.id);
  const before = await rowsOf(apiKey.name);
  expect(codes(await tryToRotate(server.admin, apiKey.id, { rotationId: again ?? null }))).toEqual(['CONFLICT']);
  expect(await rowsOf(apiKey.name)).toEqual(before);
});

test.each([
  ['an ADMIN', 'VIEWER', false],
  ['the key itself', 'EDITOR', true],
  ['an ADMIN key itself', 'ADMIN', true],
])(
  'of 100 rotations of one key at the same moment by %s one makes the successor, 99 are CONFLICT',
  async (_, role, itself) => {
    const { apiKey, secret } = await issue(server.admin, { role });
    const client = itself ? server.as(secret) : server.admin;
    const answers = await Promise.all(Array.from({ length: 100 }, () => served(() => rotateItself(client, apiKey.id))));
    const told = answers.map((answer) => (codes(answer)[0] ?? 'done') as string).toSorted();
    expect(told).toEqual([...Array<string>(99).fill('CONFLICT'), 'done']);
    expect(await rowsOf(apiKey.name)).toHaveLength(2);
    const made = answers.find(({ errors }) => errors.length === 0)!.data.rotateApiKey;
    expect(await presented(server, made.secret)).toBe(role);
  },
);

test('of ten retries of one rotation at the same moment each gets the same successor, and the last secret is the good one', async () => {
  const { apiKey } = await issue(server.admin);
  const rotationId = randomUUID();
  const given = await Promise.all(Array.from({ length: 10 }, () => rotate(server.admin, apiKey.id, { rotationId })));
  expect(new Set(given.map((each) => each.apiKey.id)).size).toBe(1);
  const told: string[] = [];
  for (const { secret } of given) told.push(String(await presented(server, secret)));
  expect(told.toSorted()).toEqual([...Array<string>(9).fill('UNAUTHENTICATED'), 'VIEWER']);
});

test('a key that is being revoked is not rotated: the rotation waits and is FAILED_PRECONDITION', async () => {
  const { apiKey, secret } = await issue(server.admin);
  const holder = await server.database.connect();
  await holder.query('BEGIN');
  await holder.query(
    `UPDATE api_key SET revoked_at = clock_timestamp(), ended_by = 'KEY_REVOKED' WHERE public_id = $1`,
    [publicIdOf(secret)],
  );
  const rotation = tryToRotate(server.admin, apiKey.id);
  await eventually(async () => (await waiting()) > 0);
  await holder.query('COMMIT');
  expect(codes(await rotation)).toEqual(['FAILED_PRECONDITION']);
});

describe('the last live ADMIN key', () => {
  let last: GivenKey;
  beforeEach(async () => {
    last = await issue(server.as(server.keys.ADMIN), { role: 'ADMIN', neverExpires: true });
    await server.database.query(
      `UPDATE api_key SET revoked_at = clock_timestamp(), ended_by = 'KEY_REVOKED'
       WHERE role = 'ADMIN' AND revoked_at IS NULL AND public_id <> ALL ($1)`,
      [[publicIdOf(last.secret), publicIdOf(server.keys.ADMIN)]],
    );
    await setKey(server, server.keys.ADMIN, 'expires_at = clock_timestamp()');
  });
  afterEach(() => setKey(server, server.keys.ADMIN, 'expires_at = NULL'));

  test('outlives its rotation as its successor, which may not be revoked', async () => {
    const successor = await rotateAdmin(server.as(last.secret), last);
    const admin = server.as(successor.secret);
    expect(codes(await revoke(admin, successor.apiKey.id))).toEqual(['FAILED_PRECONDITION']);
    expect(await presented(server, successor.secret)).toBe('ADMIN');
  });

  test('stays while the only other one came of a rotation whose answer may be lost: nobody has used it', async () => {
    const other = await issue(server.as(last.secret), { role: 'ADMIN' });
    const successor = await rotateAdmin(server.as(other.secret), other);
    expect(codes(await revoke(server.as(other.secret), last.apiKey.id))).toEqual(['FAILED_PRECONDITION']);
    expect(await presented(server, successor.secret)).toBe('ADMIN');
    expect(codes(await revoke(server.as(successor.secret), last.apiKey.id))).toEqual([]);
  });

  test.each([
    ['works on for its grace', '1 h'],
    ['is past its grace', '0 s'],
  ])('stays although another one, whose successor is gone, %s', async (_, left) => {
    const admin = server.as(last.secret);
    const other = await issue(admin, { role: 'ADMIN' });
    const successor = await rotate(admin, other.apiKey.id, { grace: '1h' });
    dataOf(await revoke(admin, successor.apiKey.id));
    await setKey(server, other.secret, `grace_until = clock_timestamp() + interval '${left}'`);
    expect(codes(await revoke(admin, last.apiKey.id))).toEqual(['FAILED_PRECONDITION']);
    expect(await presented(server, last.secret)).toBe('ADMIN');
  });
});

/** A slow machine may be too busy to serve a hundred at once within its patience: nothing was done then, and it is asked again. */
async function served(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (codes(answer)[0] !== 'UNAVAILABLE') return answer;
  }
}

async function rotateAdmin(client: GraphQLClient, { apiKey }: GivenKey): Promise<GivenKey> {
  return dataOf(await rotateItself(client, apiKey.id)).rotateApiKey;
}

function both<More>(more: More) {
  const id = randomUUID();
  return { first: id, again: id, ...more };
}

/** Without the last use, which is written whenever it suits the server. */
async function rowsOf(name: string): Promise<Record<string, unknown>[]> {
  const rows = await server.database.query<Record<string, unknown>>(
    'SELECT * FROM api_key WHERE name = $1 ORDER BY id',
    [name],
  );
  return rows.map(({ last_used_at: _at, ...row }) => row);
}

async function waiting(): Promise<number> {
  const [row] = await server.database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return row!.count;
}
