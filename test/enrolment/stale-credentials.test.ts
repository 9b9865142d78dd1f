import { randomUUID } from 'node:crypto';
import { codes, dataOf } from '../support/client';
import { enrol, issueToken, register, sync, tryToRegister } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { keyEnd, removeHost, waitingStatements } from './roll';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

const liveKeys = (agentId: string) =>
  server.database.query('SELECT FROM api_key WHERE agent_id = $1 AND revoked_at IS NULL', [agentId]);

test('a retry waits for whoever enrols the node afresh, and leaves no key behind', async () => {
  const { secret } = await issueToken(server.admin);
  const input = { registrationId: randomUUID(), node: { name: `stale-${randomUUID()}` } };
  const { nodeId, agentId } = await register(server.anonymous, secret, input);
  const holder = await server.database.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM node WHERE id = $1 FOR UPDATE', [nodeId]);

  const retry = tryToRegister(server.anonymous, secret, input);
  await waitingStatements(server.database, 1);
  await holder.query(
    `UPDATE api_key SET revoked_at = clock_timestamp(), ended_by = 'AGENT_REPLACED' WHERE agent_id = $1`,
    [agentId],
  );
  await holder.query('COMMIT');

  expect(codes(await retry)).toEqual(['TOKEN_USED']);
  expect(await liveKeys(agentId)).toHaveLength(0);
});

test('a sync that was under way while its agent was enrolled afresh is refused, and writes nothing', async () => {
  const { agentId, secret } = await enrol(server.admin);
  const holder = await server.database.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM liveness WHERE agent_id = $1 FOR UPDATE', [agentId]);

  const late = sync(server.as(secret));
  await waitingStatements(server.database, 1);
  await holder.query('UPDATE liveness SET enrolment = enrolment + 1, boot_id = NULL WHERE agent_id = $1', [agentId]);
  await holder.query('COMMIT');

  const { errors } = await late;
  expect(errors[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'AGENT_REPLACED' });
  const [row] = await server.database.query('SELECT boot_id, last_seen_at FROM liveness WHERE agent_id = $1', [
    agentId,
  ]);
  expect(row).toEqual({ boot_id: null, last_seen_at: null });
});

test('enrolling afresh is what raises the enrolment: the new key syncs, the former does not', async () => {
  const { agentId, nodeId, secret } = await enrol(server.admin, { node: { name: `afresh-${randomUUID()}` } });
  const node = dataOf(await server.viewer('query ($id: ID!) { node(by: { id: $id }) { name } }', { id: nodeId })).node;
  const { secret: token } = await issueToken(server.admin, { replacesNodeId: nodeId });
  const again = await register(server.anonymous, token, { node });
  expect(again.agentId).toBe(agentId);
  expect(await keyEnd(server.as(secret))).toBe('AGENT_REPLACED');
  expect(codes(await sync(server.as(again.secret)))).toEqual([]);
  const [row] = await server.database.query('SELECT enrolment FROM liveness WHERE agent_id = $1', [agentId]);
  expect(row).toEqual({ enrolment: 2 });
});

test('a host that comes back under the name of one that is gone has ids of its own, and the former key reaches nothing of it', async () => {
  const node = { name: `gone-${randomUUID()}` };
  const former = await enrol(server.admin, { node });
  // From here on the server remembers the key as good.
  expect(codes(await sync(server.as(former.secret)))).toEqual([]);
  await removeHost(server.database, former);
  const { agentId, nodeId } = await enrol(server.admin, { node });
  expect(new Set([former.agentId, former.nodeId, agentId, nodeId]).size).toBe(4);
  const answer = await server.as(former.secret)('{ caller { agent { id } } }');
  expect(answer.text).not.toContain(agentId);
  expect(codes(await sync(server.as(former.secret)))).toEqual(['UNAUTHENTICATED']);
  expect(await server.database.query('SELECT last_seen_at FROM liveness WHERE agent_id = $1', [agentId])).toEqual([
    { last_seen_at: null },
  ]);
});

test('revoking a key that somebody else is ending waits, changes nothing and writes no row', async () => {
  const { agentId } = await enrol(server.admin);
  const [key] = await server.database.query<{ id: string }>('SELECT id FROM api_key WHERE agent_id = $1', [agentId]);
  const holder = await server.database.connect();
  await holder.query('BEGIN');
  await holder.query(
    `UPDATE api_key SET revoked_at = clock_timestamp(), ended_by = 'KEY_ROTATED' WHERE agent_id = $1`,
    [agentId],
  );
  const revoke = server.admin('mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { status } } }', {
    id: key!.id,
  });
  await waitingStatements(server.database, 1);
  await holder.query('COMMIT');

  expect(dataOf(await revoke).revokeApiKey.apiKey).toEqual({ status: 'REVOKED' });
  const rows = await server.database.query(`SELECT FROM audit_event WHERE action = 'api_key.revoke'`);
  expect(rows).toHaveLength(0);
});

test('a retry that leaves out what the first said of PostgreSQL is told of the same service', async () => {
  const { secret } = await issueToken(server.admin);
  const input = { registrationId: randomUUID(), node: { name: `served-${randomUUID()}` } };
  const first = await register(server.anonymous, secret, { ...input, postgresql: { version: '16.4' } });
  const again = await register(server.anonymous, secret, input);
  expect(first.serviceId).not.toBeNull();
  expect(again.serviceId).toBe(first.serviceId);
});

test('PostgreSQL itself ends what a server has given up, and transactions that it left open', async () => {
  expect(await server.database.query('SHOW statement_timeout')).toEqual([{ statement_timeout: '4s' }]);
  const name = 'idle_in_transaction_session_timeout';
  expect(await server.database.query(`SHOW ${name}`)).toEqual([{ [name]: '10s' }]);
});
