import { CredentialKind, formatCredential, makeCredential, parseCredential } from '../../src/access/credential';
import { dataOf } from '../support/client';
import { startServer, type TestServer } from '../support/server';
import { auditRows, issue, presented, revoke, rotate, rotateItself, setKey } from './key-requests';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

test('a key that is presented after it was rotated out marks itself and its successor as misused', async () => {
  const former = await issue(server.admin);
  const successor = await rotate(server.admin, former.apiKey.id);
  expect(await misusedAt(former.apiKey.id, successor.apiKey.id)).toEqual([null, null]);
  expect(await presented(server, former.secret)).toBe('KEY_ROTATED');
  const marks = await misusedAt(former.apiKey.id, successor.apiKey.id);
  expect(marks).toEqual([expect.stringMatching(/Z$/), expect.stringMatching(/Z$/)]);
  expect(await presented(server, successor.secret)).toBe('VIEWER');
});

test('a key that is presented after its grace ended by time marks itself and its successor', async () => {
  const former = await issue(server.admin);
  const { apiKey } = dataOf(await rotateItself(server.as(former.secret), former.apiKey.id)).rotateApiKey;
  await setKey(server, former.secret, 'grace_until = clock_timestamp()');
  expect(await presented(server, former.secret)).toBe('KEY_ROTATED');
  expect(await misusedAt(former.apiKey.id, apiKey.id)).toEqual([expect.any(String), expect.any(String)]);
});

test('a key within its grace marks nothing', async () => {
  const former = await issue(server.admin);
  const successor = await rotate(server.admin, former.apiKey.id, { grace: '1h' });
  expect(await presented(server, former.secret)).toBe('VIEWER');
  expect(await misusedAt(former.apiKey.id, successor.apiKey.id)).toEqual([null, null]);
});

test('a key that is presented after its revocation marks itself, and not the key that took its place', async () => {
  const former = await issue(server.admin);
  const successor = await rotate(server.admin, former.apiKey.id, { grace: '1h' });
  dataOf(await revoke(server.admin, former.apiKey.id));
  expect(await presented(server, former.secret)).toBe('KEY_REVOKED');
  expect(await misusedAt(former.apiKey.id, successor.apiKey.id)).toEqual([expect.any(String), null]);
});

test('a key that is presented after it has expired marks itself', async () => {
  const { apiKey, secret } = await issue(server.admin);
  await setKey(server, secret, 'expires_at = clock_timestamp()');
  expect(await presented(server, secret)).toBe('KEY_EXPIRED');
  expect(await misusedAt(apiKey.id)).toEqual([expect.any(String)]);
});

test('an ended key with a wrong secret marks nothing: its public part is no secret', async () => {
  const { apiKey, secret } = await issue(server.admin);
  dataOf(await revoke(server.admin, apiKey.id));
  const stranger = makeCredential(CredentialKind.USER_KEY).credential.secret;
  const wrong = formatCredential({ ...parseCredential(secret)!, secret: stranger });
  expect(await presented(server, wrong)).toBe('UNAUTHENTICATED');
  expect(await misusedAt(apiKey.id)).toEqual([null]);
  expect(await refusals(apiKey.id)).toEqual([]);
});

test('the misuse of a key leaves one audit row a minute, however often it is presented, and no secret', async () => {
  const { apiKey, secret } = await issue(server.admin);
  dataOf(await revoke(server.admin, apiKey.id));
  await Promise.all(Array.from({ length: 20 }, () => presented(server, secret)));
  expect(await refusals(apiKey.id)).toEqual([
    expect.objectContaining({
      action: 'api_key.authenticate',
      outcome: 'REFUSED',
      actor_name: null,
      target_type: 'api_key',
      target_name: apiKey.name,
      reason: 'KEY_REVOKED',
      remote_address: '127.0.0.1',
      request_id: expect.any(String),
    }),
  ]);
  expect(JSON.stringify(await refusals(apiKey.id))).not.toContain(secret.slice(17, -6));
  const [first] = await misusedAt(apiKey.id);
  await setKey(server, secret, `misused_at = misused_at - interval '61 s'`);
  await presented(server, secret);
  expect(await refusals(apiKey.id)).toHaveLength(2);
  expect(Date.parse((await misusedAt(apiKey.id))[0]!)).toBeGreaterThan(Date.parse(first!) - 1);
});

test('a misuse that cannot be written is refused like any other, and leaves no mark without its audit row', async () => {
  const { apiKey, secret } = await issue(server.admin);
  dataOf(await revoke(server.admin, apiKey.id));
  await server.database.query('ALTER TABLE audit_event RENAME TO audit_event_away');
  const told = await presented(server, secret);
  await server.database.query('ALTER TABLE audit_event_away RENAME TO audit_event');
  expect(told).toBe('KEY_REVOKED');
  expect(await misusedAt(apiKey.id)).toEqual([null]);
  expect(server.log.some((line) => line.includes(secret.slice(17, -6)))).toBe(false);
});

async function refusals(id: string): Promise<Record<string, unknown>[]> {
  return (await auditRows(server, id)).filter(({ outcome }) => outcome === 'REFUSED');
}

/** When each key was misused, as an administrator reads it. */
async function misusedAt(...ids: string[]): Promise<(string | null)[]> {
  const marks = [];
  for (const id of ids) {
    const answer = await server.admin('query ($id: ID!) { apiKey(id: $id) { misusedAt } }', { id });
    marks.push(dataOf(answer).apiKey.misusedAt);
  }
  return marks;
}
