import { credentialFingerprint } from '../../src/access/credential';
import { REGISTRATION_REQUEST } from '../../src/inventory/inventory-change';
import { dataOf } from '../support/client';
import { statementsOfRequests } from '../support/reader';
import { startServer, type TestServer } from '../support/server';
import {
  ask,
  expire,
  letIn,
  listRequests,
  makeAgentKey,
  openServer,
  readRegistry,
  readRequest,
  reject,
  tryToAsk,
  unlock,
} from './requests';

let server: TestServer;
beforeAll(async () => (server = await openServer()));
afterAll(() => server.stop());

describe('a name that somebody else has', () => {
  test('is CONFLICTING while an older request waits for it, regardless of case, and free when that is rejected or expires', async () => {
    const [first, second, third] = [makeAgentKey(), makeAgentKey(), makeAgentKey()];
    const older = await ask(server.anonymous, first, 'db-twice');
    const younger = await ask(server.anonymous, second, 'DB-Twice');
    const youngest = await ask(server.anonymous, third, 'db-twice');
    expect([older.state, younger.state, youngest.state]).toEqual(['PENDING', 'CONFLICTING', 'CONFLICTING']);
    expect(younger.message).toContain('asked for this name before');
    const fingerprint = async (id: string) => (await readRequest(server.admin, id)).keyFingerprint;
    expect(await readRequest(server.admin, younger.requestId)).toMatchObject({
      conflictsWith: null,
      conflictingKeys: [await fingerprint(older.requestId)],
    });
    // Of many for one name, each would else list all others.
    expect((await readRequest(server.admin, youngest.requestId)).conflictingKeys).toEqual([
      await fingerprint(older.requestId),
    ]);
    expect((await readRequest(server.admin, older.requestId)).conflictingKeys).toEqual([]);
    await reject(server.admin, older.requestId);
    expect((await ask(server.anonymous, second, 'DB-Twice')).state).toBe('PENDING');
    expect((await ask(server.anonymous, third, 'db-twice')).state).toBe('CONFLICTING');
    await expire(server.database, younger.requestId);
    expect((await ask(server.anonymous, third, 'db-twice')).state).toBe('PENDING');
  });

  test('is CONFLICTING while a node has it, and who can do what is told; both fingerprints are shown', async () => {
    const { nodeId, key } = await letIn(server.admin, 'db-there');
    const asked = await ask(server.anonymous, makeAgentKey(), 'DB-THERE');
    expect(asked.state).toBe('CONFLICTING');
    expect(asked.message).toMatch(/node of this name.*administrator.*replace/);
    expect(await readRequest(server.admin, asked.requestId)).toMatchObject({
      conflictsWith: { id: nodeId, name: 'db-there' },
      conflictingKeys: [credentialFingerprint(key.keyPublicId, Buffer.from(key.keySecretHash, 'hex'))],
    });
  });
});

test('lists are the newest first, by state and name, and count what waits', async () => {
  const before = (await readRegistry(server.admin)).pendingRequests;
  const [one, two] = [
    await ask(server.anonymous, makeAgentKey(), 'listed-1'),
    await ask(server.anonymous, makeAgentKey(), 'listed-2'),
  ];
  await ask(server.anonymous, makeAgentKey(), 'listed-1');
  expect((await readRegistry(server.admin)).pendingRequests).toBe(before + 3);
  await reject(server.admin, two.requestId);
  const states = async (filter: object) =>
    (await listRequests(server.admin, { nodeName: { startsWith: 'Listed' }, ...filter })).nodes.map(
      ({ nodeName, state }: { nodeName: string; state: string }) => `${nodeName} ${state}`,
    );
  expect(await states({})).toEqual(['listed-1 CONFLICTING', 'listed-2 REJECTED', 'listed-1 PENDING']);
  expect(await states({ state: ['PENDING', 'REJECTED'] })).toEqual(['listed-2 REJECTED', 'listed-1 PENDING']);
  expect(await states({ state: [] })).toEqual([]);
  expect(await readRequest(server.admin, one.requestId)).toMatchObject({ nodeName: 'listed-1' });
  expect(await readRequest(server.admin, 'nonsense')).toBeNull();
});

test('a page of conflicting requests costs as many statements as one of them', async () => {
  const names = ['counted-1', 'counted-2', 'counted-3', 'counted-4'];
  for (const name of names) await letIn(server.admin, name);
  for (const name of names) await ask(server.anonymous, makeAgentKey(), name);
  const query = `query ($first: Int) { registrationRequests(first: $first) { nodes {
    state conflictsWith { id name } conflictingKeys agent { id } } } }`;
  const statements = async (first: number) => {
    const sent = await statementsOfRequests(server.database, async () => {
      expect(dataOf(await server.admin(query, { first })).registrationRequests.nodes).toHaveLength(first);
    });
    return sent.length;
  };
  expect(await statements(1)).toBeGreaterThan(2);
  expect(await statements(4)).toBe(await statements(1));
});

test('requests, repeats excepted, are told to whoever listens for changes', async () => {
  const heard: unknown[] = [];
  const end = server.changeFeed.subscribe((changes) => void heard.push(...changes));
  const key = makeAgentKey();
  const { requestId } = await ask(server.anonymous, key, 'db-told');
  await ask(server.anonymous, key, 'db-told');
  end();
  expect(heard).toEqual([{ object: REGISTRATION_REQUEST, id: requestId, kind: 'ADDED' }]);
});

test('a request has its row in the audit trail', async () => {
  const key = makeAgentKey();
  const { requestId } = await ask(server.anonymous, key, 'db-audited');
  const [row] = await server.database.query<Record<string, unknown>>(
    `SELECT action, actor_name, actor_key_public_id, remote_address, target_name FROM audit_event WHERE target_id = $1`,
    [requestId],
  );
  expect(row).toEqual({
    action: 'registration_request.make',
    actor_name: `agent key ${key.keyPublicId}`,
    actor_key_public_id: null,
    remote_address: '127.0.0.1',
    target_name: 'db-audited',
  });
});

test('refused requests are counted for the audit trail by their reason', async () => {
  const own = await startServer({ clientRegistry: { ...server.config.clientRegistry, pendingPerAddress: 1 } });
  await tryToAsk(own.anonymous, makeAgentKey());
  await tryToAsk(own.anonymous, makeAgentKey());
  await unlock(own.admin);
  await tryToAsk(own.anonymous, makeAgentKey());
  const { errors } = await tryToAsk(own.anonymous, makeAgentKey());
  expect(errors).toMatchObject([
    { message: expect.stringContaining('administrator'), extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 15 } },
  ]);
  await own.app.close();
  expect(
    await own.database.query(`SELECT action, reason, count FROM audit_event WHERE outcome = 'REFUSED' ORDER BY reason`),
  ).toEqual([
    { action: 'registration_request.make', reason: 'RATE_LIMITED', count: 1 },
    { action: 'registration_request.make', reason: 'REGISTRY_LOCKED', count: 2 },
  ]);
  await own.database.drop();
});
