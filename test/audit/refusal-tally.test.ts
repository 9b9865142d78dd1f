import { pino } from 'pino';
import type { Caller } from '../../src/access/actor';
import { CredentialKind, formatCredential, makeCredential, parseCredential } from '../../src/access/credential';
import { Role } from '../../src/access/role';
import { keepTrail } from '../../src/audit/keep-trail';
import { refusalTally } from '../../src/audit/refusal-tally';
import { eventually } from '../database/embedded/data-folders';
import { codes } from '../support/client';
import { createDatabase, type TestDatabase } from '../support/database';
import { enrol, issueToken, tryToRegister } from '../support/enrol';
import { startServer } from '../support/server';
import { chainAll, verdict } from './trail';

let database: TestDatabase;
beforeEach(async () => (database = await createDatabase()));
afterEach(() => database.drop());

const rowsOf = ({ query }: TestDatabase) =>
  query<Record<string, unknown>>(
    `SELECT action, outcome, reason, remote_address, actor_name, actor_key_public_id, target_type, target_id, target_name, count, request_id
     FROM audit_event WHERE outcome = 'REFUSED' ORDER BY action, reason, remote_address NULLS LAST`,
  );

const tally = (errors: unknown[] = []) =>
  refusalTally(database.dataSource.manager, { error: (...parts: unknown[]) => void errors.push(parts) });

const UNKNOWN = { action: 'api_key.authenticate', reason: 'UNAUTHENTICATED', remoteAddress: '192.0.2.1' };
const INVALID = { action: 'agent.register', reason: 'TOKEN_INVALID', remoteAddress: '192.0.2.1' };

test('refusals alike become one row with their number; others a row of their own; then it counts afresh', async () => {
  const { note, flush } = tally();
  for (let count = 0; count < 5000; count++) note(UNKNOWN);
  note(INVALID);
  note({ ...UNKNOWN, remoteAddress: '192.0.2.2' });
  expect(await rowsOf(database)).toEqual([]);
  await flush();
  const nobody = { outcome: 'REFUSED', actor_name: null, actor_key_public_id: null, request_id: null };
  const row = { ...nobody, target_type: null, target_id: null, target_name: null };
  const told = [
    { ...row, action: INVALID.action, reason: INVALID.reason, remote_address: '192.0.2.1', count: 1 },
    { ...row, action: UNKNOWN.action, reason: UNKNOWN.reason, remote_address: '192.0.2.1', count: 5000 },
    { ...row, action: UNKNOWN.action, reason: UNKNOWN.reason, remote_address: '192.0.2.2', count: 1 },
  ];
  expect(await rowsOf(database)).toEqual(told);
  await flush();
  expect(await rowsOf(database)).toEqual(told);
  expect((await chainAll(database)).seq).toBe(3);
  expect(await verdict(database)).toBe(3);
});

test('however many addresses there are, the rows are bounded and none is left uncounted', async () => {
  const { note, flush } = tally();
  for (let index = 0; index < 20_000; index++) note({ ...UNKNOWN, remoteAddress: `2001:db8:${index.toString(16)}::1` });
  note(INVALID);
  note({ ...UNKNOWN, remoteAddress: '2001:db8:0::1' });
  await flush();
  const rows = await rowsOf(database);
  expect(rows).toHaveLength(1002);
  expect(rows.reduce((sum, { count }) => sum + (count as number), 0)).toBe(20_002);
  expect(rows.filter(({ remote_address }) => remote_address === null)).toMatchObject([
    { action: INVALID.action, count: 1 },
    { action: UNKNOWN.action, count: 19_000 },
  ]);
  expect(rows.find(({ remote_address }) => remote_address === '2001:db8::/64')).toMatchObject({ count: 2 });
});

test('addresses of one /64 of IPv6 are one: whoever has one of them has all', async () => {
  const { note, flush } = tally();
  for (let index = 1; index <= 5000; index++)
    note({ ...UNKNOWN, remoteAddress: `2001:db8:7::${index.toString(16)}:1` });
  note({ ...UNKNOWN, remoteAddress: '2001:db8:7:1::1' });
  await flush();
  expect(await rowsOf(database)).toMatchObject([
    { remote_address: '2001:db8:7:1::/64', count: 1 },
    { remote_address: '2001:db8:7::/64', count: 5000 },
  ]);
});

test('what could not be written is kept and written the next time, in one with what came since', async () => {
  const errors: unknown[] = [];
  const { note, flush } = tally(errors);
  note(UNKNOWN);
  note(UNKNOWN);
  await database.query('ALTER TABLE audit_event RENAME TO away');
  await flush();
  expect(errors).toHaveLength(1);
  await database.query('ALTER TABLE away RENAME TO audit_event');
  note(UNKNOWN);
  await flush();
  expect(await rowsOf(database)).toMatchObject([{ count: 3 }]);
});

test('while a server runs, what was counted is written and chained from time to time', async () => {
  const refusals = tally();
  const keeper = keepTrail(database.dataSource.manager, refusals, pino({ enabled: false }), 10);
  try {
    refusals.note(UNKNOWN);
    await eventually(async () => (await verdict(database)) === 1);
    refusals.note(INVALID);
    await eventually(async () => (await verdict(database)) === 2);
  } finally {
    await keeper.stop();
  }
  expect(await rowsOf(database)).toHaveLength(2);
});

test('a good key without the role is told by the key', async () => {
  const caller: Caller = {
    keyId: '01900000-0000-7000-8000-000000000001',
    publicId: 'abcdefghijkl',
    name: 'a viewer',
    role: Role.VIEWER,
    agentId: null,
    enrolment: null,
  };
  const { note, flush } = tally();
  const forbidden = { action: 'api_key.forbidden', reason: 'FORBIDDEN', remoteAddress: '192.0.2.1' };
  note({ ...forbidden, caller });
  note({ ...forbidden, caller });
  note({ ...forbidden, caller: { ...caller, publicId: 'lkjihgfedcba' } });
  await flush();
  expect((await rowsOf(database)).map(({ count }) => count)).toEqual(expect.arrayContaining([1, 2]));
  expect(await rowsOf(database)).toHaveLength(2);
  expect(await rowsOf(database)).toContainEqual({
    action: 'api_key.forbidden',
    outcome: 'REFUSED',
    reason: 'FORBIDDEN',
    remote_address: '192.0.2.1',
    actor_name: 'a viewer',
    actor_key_public_id: 'abcdefghijkl',
    target_type: 'api_key',
    target_id: caller.keyId,
    target_name: 'a viewer',
    count: 2,
    request_id: null,
  });
});

test('a server tells unknown tokens, unknown keys and missing roles in a row each, at its stop at the latest', async () => {
  const server = await startServer();
  try {
    const { secret } = await issueToken(server.admin);
    const wrong = formatCredential({ ...parseCredential(secret)!, secret: 'x'.repeat(43) });
    for (const token of [wrong, makeCredential(CredentialKind.REGISTRATION_TOKEN).text, 'nonsense', server.keys.ADMIN])
      expect(codes(await tryToRegister(server.anonymous, token))).toEqual(['TOKEN_INVALID']);
    const { keys } = server;
    const guessed = formatCredential({ ...parseCredential(keys.VIEWER)!, secret: 'x'.repeat(43) });
    for (const key of [guessed, makeCredential(CredentialKind.USER_KEY).text, 'nonsense'])
      expect(codes(await server.as(key)('{ caller { role } }'))).toEqual(['UNAUTHENTICATED']);
    const agent = server.as((await enrol(server.admin)).secret);
    const forbidden = '{ a: auditEvents { totalCount } b: auditEvents { totalCount } }';
    for (const client of [agent, server.viewer, server.viewer])
      expect(new Set(codes(await client(forbidden)))).toEqual(new Set(['FORBIDDEN']));
    expect(codes(await server.anonymous('{ caller { role } }'))).toEqual(['UNAUTHENTICATED']);
    expect(await rowsOf(server.database)).toEqual([]);
    await server.app.close();
    const rows = await rowsOf(server.database);
    expect(rows).toMatchObject([
      { ...INVALID_ROW, count: 4 },
      { ...UNKNOWN_ROW, count: 3 },
      ...[1, 2].map(() => ({ action: 'api_key.forbidden', reason: 'FORBIDDEN', target_type: 'api_key' })),
    ]);
    const viewer = rows.find(
      ({ actor_key_public_id }) => actor_key_public_id === parseCredential(keys.VIEWER)!.publicId,
    );
    expect(viewer).toMatchObject({ actor_name: 'viewer of the test', count: 2 });
    expect(await verdict(server.database)).toBeGreaterThan(4);
  } finally {
    await server.stop();
  }
});

const INVALID_ROW = { action: 'agent.register', reason: 'TOKEN_INVALID', remote_address: '127.0.0.1', target_id: null };
const UNKNOWN_ROW = {
  action: 'api_key.authenticate',
  reason: 'UNAUTHENTICATED',
  remote_address: '127.0.0.1',
  target_id: null,
};
