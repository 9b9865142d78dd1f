import { dataOf } from '../support/client';
import { sync } from '../support/enrol';
import type { TestServer } from '../support/server';
import { pairingId } from '../../src/pairing-id';
import { readNode } from '../enrolment/roll';
import {
  approve,
  lock,
  makeAgentKey,
  openServer,
  readRequest,
  reject,
  unlock,
  type AgentKey,
} from '../client-registry/requests';

let server: TestServer;
beforeAll(async () => (server = await openServer()));
afterAll(() => server.stop());

async function post(body: object) {
  const response = await fetch(`${server.url}/api/v1/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
}

const bodyOf = ({ keyPublicId, keySecretHash }: AgentKey, hostname: string) => ({
  key_public_id: keyPublicId,
  key_secret_hash: keySecretHash,
  hostname,
});

const approveAnswer = ({ request_id, pairing_id }: Record<string, string>, input = {}) =>
  approve(server.admin, { requestId: request_id!, pairingId: pairing_id! }, input);

const stored = () => server.database.query('SELECT id FROM registration_request');

test('202 while it waits, 201 once it is approved, 200 after the first sync with that key', async () => {
  const key = makeAgentKey();
  const facts = { os: 'linux/amd64', postgresql_version: '17', environment: 'RUN', datacenter: 'eu', tags: ['ssd'] };
  const first = await post({ ...bodyOf(key, 'Host-1'), ...facts });
  expect(first.status).toBe(202);
  expect(first.body).toEqual({
    state: 'PENDING',
    request_id: expect.any(String),
    nonce: expect.stringMatching(/^[0-9a-f]{64}$/),
    pairing_id: pairingId({ ...key, nodeName: 'Host-1', nonce: first.body.nonce }),
    poll_after_seconds: 5,
    message: expect.stringContaining('administrator'),
    agent_id: null,
    node_id: null,
  });
  expect(first.headers.get('cache-control')).toBe('no-store');
  expect(first.headers.get('retry-after')).toBe('5');
  expect(await readRequest(server.admin, first.body.request_id)).toMatchObject({
    nodeName: 'Host-1',
    os: 'linux/amd64',
    postgresqlVersion: '17',
    environment: 'RUN',
    region: 'eu',
    tags: ['ssd'],
  });

  const { agent } = await approveAnswer(first.body);
  const approved = await post(bodyOf(key, 'Host-1'));
  expect([approved.status, approved.body]).toMatchObject([
    201,
    { state: 'APPROVED', agent_id: agent.id, node_id: agent.runsOn.id, message: null },
  ]);
  expect(approved.headers.get('retry-after')).toBeNull();
  expect((await post(bodyOf(key, 'Host-1'))).status).toBe(201);
  dataOf(await sync(server.as(key.text)));
  expect((await post(bodyOf(key, 'Host-1'))).status).toBe(200);
  expect(await readNode(server.viewer, agent.runsOn.id)).toMatchObject({ name: 'Host-1', environment: 'RUN' });
});

test('201 for one that takes the place of another agent, until it has synced itself', async () => {
  const [former, key] = [makeAgentKey(), makeAgentKey()];
  await approveAnswer((await post(bodyOf(former, 'host-2'))).body);
  dataOf(await sync(server.as(former.text)));
  const conflicting = await post(bodyOf(key, 'host-2'));
  expect([conflicting.status, conflicting.body]).toMatchObject([
    409,
    {
      state: 'CONFLICTING',
      request_id: expect.any(String),
      nonce: expect.stringMatching(/^[0-9a-f]{64}$/),
      pairing_id: expect.stringMatching(/^.{4}-.{4}$/),
      message: expect.stringContaining('replace'),
    },
  ]);
  await approveAnswer(conflicting.body, { replace: true });
  expect((await post(bodyOf(key, 'host-2'))).status).toBe(201);
  dataOf(await sync(server.as(key.text)));
  expect((await post(bodyOf(key, 'host-2'))).status).toBe(200);
});

test('403 once it is rejected, with the reason and when to come back', async () => {
  const key = makeAgentKey();
  const { body } = await post(bodyOf(key, 'host-3'));
  await reject(server.admin, body.request_id, 'not ours');
  const rejected = await post(bodyOf(key, 'host-3'));
  expect([rejected.status, rejected.body]).toMatchObject([
    403,
    { state: 'REJECTED', request_id: body.request_id, message: expect.stringContaining('not ours') },
  ]);
  expect(Number(rejected.headers.get('retry-after'))).toBe(rejected.body.poll_after_seconds);
  expect(rejected.body.poll_after_seconds).toBeGreaterThan(590);
});

test('423 while the registry is locked', async () => {
  await lock(server.admin);
  const { status, headers, body } = await post(bodyOf(makeAgentKey(), 'host-4'));
  await unlock(server.admin, '1h');
  expect([status, body]).toEqual([
    423,
    {
      error: {
        code: 'REGISTRY_LOCKED',
        message: expect.stringContaining('administrator'),
        request_id: headers.get('x-request-id'),
      },
    },
  ]);
  expect(headers.get('retry-after')).toBe('3');
});

test.each<[string, Record<string, unknown>, string[]]>([
  ['no hash', { key_secret_hash: undefined }, ['key_secret_hash']],
  ['no public id', { key_public_id: undefined }, ['key_public_id']],
  ['a public id that is no text', { key_public_id: 7 }, ['key_public_id']],
  ['a faulty public id', { key_public_id: 'short' }, ['key_public_id']],
  ['a faulty hash', { key_secret_hash: 'ABC' }, ['key_secret_hash']],
  ['a token beside the key', { token: 'rct_x' }, ['token']],
  ['no hostname', { hostname: undefined }, ['hostname']],
  ['a faulty datacenter', { datacenter: 'a\nb' }, ['datacenter']],
  ['several at once', { key_public_id: '', hostname: '', tags: [''] }, ['key_public_id', 'hostname', 'tags.0']],
])('400 for %s, by the names that the caller used', async (_, changes, paths) => {
  const before = await stored();
  const { status, body } = await post({ ...bodyOf(makeAgentKey(), 'host-5'), ...changes });
  expect([status, body.error]).toMatchObject([
    400,
    { code: 'BAD_USER_INPUT', fields: paths.map((path) => ({ path, message: expect.stringMatching(/\.$/) })) },
  ]);
  expect(body.error.fields).toHaveLength(paths.length);
  expect(await stored()).toEqual(before);
});

test('400 for a key that is taken, so that the agent makes another', async () => {
  const key = makeAgentKey();
  await post(bodyOf(key, 'host-6'));
  const { status, body } = await post({ ...bodyOf(makeAgentKey(), 'host-6'), key_public_id: key.keyPublicId });
  expect([status, body.error]).toMatchObject([400, { code: 'BAD_USER_INPUT', fields: [{ path: 'key_public_id' }] }]);
});

test('a token of null beside a key is none', async () => {
  expect((await post({ ...bodyOf(makeAgentKey(), 'host-7'), token: null })).status).toBe(202);
});

test('a key of null beside a token is none', async () => {
  const { status, body } = await post({
    token: 'rct_x',
    key_public_id: null,
    key_secret_hash: null,
    hostname: 'host-9',
  });
  expect([status, body.error.code]).toEqual([401, 'TOKEN_INVALID']);
});

test('429 for more than one address may ask anonymously, with when to come back', async () => {
  const limits = { ...server.config.limits, anonymousRequestsPerMinute: 2 };
  const strict = await openServer({ limits });
  const ask = () =>
    fetch(`${strict.url}/api/v1/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(bodyOf(makeAgentKey(), 'host-8')),
    });
  const statuses = [(await ask()).status, (await ask()).status];
  const last = await ask();
  await strict.stop();
  expect([...statuses, last.status]).toEqual([202, 409, 429]);
  expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
});
