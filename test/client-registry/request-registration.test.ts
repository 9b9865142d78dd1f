import { credentialFingerprint } from '../../src/access/credential';
import { pairingId } from '../../src/pairing-id';
import { codes } from '../support/client';
import type { TestServer } from '../support/server';
import {
  approve,
  ask,
  expire,
  lock,
  makeAgentKey,
  openServer,
  readRequest,
  reject,
  tryToAsk,
  unlock,
} from './requests';

let server: TestServer;
beforeAll(async () => (server = await openServer()));
afterAll(() => server.stop());
beforeEach(() => unlock(server.admin));

const rows = () => server.database.query<Record<string, unknown>>('SELECT * FROM registration_request ORDER BY id');

const FACTS = {
  agentVersion: '1.2.3',
  node: {
    name: 'db-facts',
    address: '10.0.0.1',
    os: 'linux/amd64',
    region: 'eu',
    environment: 'production',
    tags: ['ssd'],
    labels: [{ name: 'team', value: 'dba' }],
  },
  postgresql: { version: '17.2' },
};

test('what an agent asks for is stored with the fingerprint of its key, for administrators to read', async () => {
  const key = makeAgentKey();
  const asked = await ask(server.anonymous, key, 'db-facts', FACTS);
  const request = await readRequest(server.admin, asked.requestId);
  expect(request).toEqual({
    id: asked.requestId,
    state: 'PENDING',
    pairingId: asked.pairingId,
    nodeName: 'db-facts',
    address: '10.0.0.1',
    os: 'linux/amd64',
    agentVersion: '1.2.3',
    postgresqlVersion: '17.2',
    region: 'eu',
    environment: 'production',
    tags: ['ssd'],
    labels: [{ name: 'team', value: 'dba' }],
    keyFingerprint: credentialFingerprint(key.keyPublicId, Buffer.from(key.keySecretHash, 'hex')),
    conflictsWith: null,
    conflictingKeys: [],
    remoteAddress: '127.0.0.1',
    requestedAt: expect.any(String),
    expiresAt: expect.any(String),
    decidedAt: null,
    decidedBy: null,
    reason: null,
    granted: null,
    agent: null,
  });
  expect(Date.parse(request.expiresAt) - Date.parse(request.requestedAt)).toBeCloseTo(3_600_000, -3);
});

test('the agent is answered a nonce of its own, from which it computes the pairing ID itself', async () => {
  const key = makeAgentKey();
  const [first, second] = [
    await ask(server.anonymous, key, 'Db-Nonce'),
    await ask(server.anonymous, makeAgentKey(), 'db-nonce-2'),
  ];
  expect(first.nonce).toMatch(/^[0-9a-f]{64}$/);
  expect(second.nonce).not.toBe(first.nonce);
  expect(pairingId({ ...key, nodeName: 'Db-Nonce', nonce: first.nonce })).toBe(first.pairingId);
  expect(first).toMatchObject({ pollAfterSeconds: 5, message: expect.stringContaining('administrator') });
});

test('the same sent again changes nothing, whatever else it says, and is answered the same, locked or not', async () => {
  const key = makeAgentKey();
  const first = await ask(server.anonymous, key, 'db-again', FACTS);
  const before = await rows();
  expect(await ask(server.anonymous, key, 'another-name', { agentVersion: '9' })).toEqual(first);
  await lock(server.admin);
  expect(await ask(server.anonymous, key, 'db-again')).toEqual(first);
  expect(await rows()).toEqual(before);
});

describe('while the registry is locked', () => {
  test('a new request is REGISTRY_LOCKED, and nothing is stored', async () => {
    await lock(server.admin);
    const before = await rows();
    const { errors } = await tryToAsk(server.anonymous, makeAgentKey());
    expect(errors).toMatchObject([
      { message: expect.stringContaining('administrator'), extensions: { code: 'REGISTRY_LOCKED' } },
    ]);
    expect(await rows()).toEqual(before);
  });

  test('one whose time is over is REGISTRY_LOCKED, too', async () => {
    const key = makeAgentKey();
    const { requestId } = await ask(server.anonymous, key, 'db-late');
    await expire(server.database, requestId);
    await lock(server.admin);
    expect(codes(await tryToAsk(server.anonymous, key))).toEqual(['REGISTRY_LOCKED']);
  });

  test.each(['approved', 'rejected'])('one that is %s is told so', async (decision) => {
    const key = makeAgentKey();
    const asked = await ask(server.anonymous, key, `db-${decision}`);
    await (decision === 'approved' ? approve(server.admin, asked) : reject(server.admin, asked.requestId));
    await lock(server.admin);
    expect((await ask(server.anonymous, key, `db-${decision}`)).state).toBe(decision.toUpperCase());
  });
});

test('one whose time is over is EXPIRED, and the next call of its key is a new request with a new nonce', async () => {
  const key = makeAgentKey();
  const first = await ask(server.anonymous, key, 'db-slow');
  await expire(server.database, first.requestId);
  expect((await readRequest(server.admin, first.requestId)).state).toBe('EXPIRED');
  const second = await ask(server.anonymous, key, 'db-slow');
  expect(second.state).toBe('PENDING');
  expect([second.requestId, second.nonce]).not.toEqual([first.requestId, first.nonce]);
  expect(second.requestId).not.toBe(first.requestId);
});

describe('a key that was rejected', () => {
  test('is told so with the reason and when to come back, until its cool-down is over; then it may ask anew', async () => {
    const key = makeAgentKey();
    const first = await ask(server.anonymous, key, 'db-unwanted');
    await reject(server.admin, first.requestId, 'not one of ours');
    const told = await ask(server.anonymous, key, 'db-unwanted');
    expect(told).toMatchObject({ requestId: first.requestId, state: 'REJECTED' });
    expect(told.message).toContain('not one of ours');
    expect(Math.abs(told.pollAfterSeconds - 600)).toBeLessThanOrEqual(2);
    await server.database.query(
      `UPDATE registration_request SET decided_at = decided_at - interval '600 s' WHERE id = $1`,
      [first.requestId],
    );
    const second = await ask(server.anonymous, key, 'db-unwanted');
    expect(second.state).toBe('PENDING');
    expect(second.requestId).not.toBe(first.requestId);
  });

  test('does not keep another key from asking for the name', async () => {
    const { requestId } = await ask(server.anonymous, makeAgentKey(), 'db-retry');
    await reject(server.admin, requestId);
    expect((await ask(server.anonymous, makeAgentKey(), 'db-retry')).state).toBe('PENDING');
  });
});
