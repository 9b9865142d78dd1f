import { randomUUID } from 'node:crypto';
import { setHearing } from '../sync/hearing';
import { codes, dataOf } from '../support/client';
import { enrol, sync } from '../support/enrol';
import { makeAgent, makeHostAgent, makeNode, makeService } from '../support/inventory';
import { startServer, type TestServer } from '../support/server';
import { eventually } from '../database/embedded/data-folders';
import { read, refusal } from './node-requests';

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
  // The database was made a while ago: as if somebody had listened since.
  await setHearing(server.database, { until: 0 });
});
afterEach(() => server.stop());

const REMOVE = `mutation ($input: RemoveStaleNodesInput!) {
  removeStaleNodes(input: $input) { nodeIds kept { nodeId reason } remaining } }`;
const tryToRemove = (given: Record<string, unknown> = {}) =>
  server.editor(REMOVE, { input: { silentFor: '1d', dryRun: false, ...given } });
const remove = async (given: Record<string, unknown> = {}) => dataOf(await tryToRemove(given)).removeStaleNodes;
const ago = (days: number) => new Date(Date.now() - days * 86_400_000);

/** A node that was heard of so many days ago. */
async function heardOf(days: number, row: Record<string, unknown> = {}): Promise<string> {
  const nodeId = await makeNode(server.database, row);
  await makeHostAgent(server.database, nodeId, {}, { last_seen_at: ago(days) });
  return nodeId;
}

test('nodes that are silent for so long go with all that hangs on them, others stay', async () => {
  const stale = await heardOf(2);
  await makeService(server.database, stale);
  const lately = await heardOf(0.5);
  const neverSeen = await makeNode(server.database, { created_at: ago(2) });
  await makeHostAgent(server.database, neverSeen);
  const young = await makeNode(server.database);
  await makeHostAgent(server.database, young);
  const withoutHost = await makeNode(server.database, { created_at: ago(9) });
  const { nodeIds, kept, remaining } = await remove();
  expect({ nodeIds: new Set(nodeIds), kept, remaining }).toEqual({
    nodeIds: new Set([stale, neverSeen]),
    kept: [],
    remaining: 0,
  });
  for (const id of [stale, neverSeen]) expect(await read(server.viewer, id)).toBeNull();
  for (const id of [lately, young, withoutHost]) expect(await read(server.viewer, id)).not.toBeNull();
});

test('by default it only tells', async () => {
  const stale = await heardOf(2);
  expect(await remove({ dryRun: undefined })).toEqual({ nodeIds: [stale], kept: [], remaining: 0 });
  expect(await read(server.viewer, stale)).not.toBeNull();
});

test('a filter narrows it, the limit makes batches of it, and what is left is told', async () => {
  for (let index = 0; index < 5; index++) await heardOf(2, { environment: 'test' });
  const other = await heardOf(2, { environment: 'production' });
  const given = { filter: { environment: { eq: 'test' } }, limit: 2 };
  const batches = [];
  for (let call = 0; call < 3; call++) batches.push(await remove(given));
  expect(batches.map(({ nodeIds, remaining }) => [nodeIds.length, remaining])).toEqual([
    [2, 3],
    [2, 1],
    [1, 0],
  ]);
  expect(await read(server.viewer, other)).not.toBeNull();
});

test('a node whose agents observe what is elsewhere is kept, with the reason, and does not stand in the way of others', async () => {
  const elsewhere = await makeService(server.database, await makeNode(server.database));
  const observer = await makeNode(server.database);
  const host = await makeHostAgent(server.database, observer, {}, { last_seen_at: ago(2) });
  await makeAgent(server.database, observer, host, { observed_service_id: elsewhere });
  const stale = await heardOf(2);
  expect(await remove({ limit: 1 })).toEqual({
    nodeIds: [stale],
    kept: [{ nodeId: observer, reason: 'Its agents observe one thing of other nodes.' }],
    remaining: 0,
  });
  expect(await read(server.viewer, observer)).not.toBeNull();
});

test('after a time in which no server listened it is refused until every agent could be heard again', async () => {
  const stale = await heardOf(2);
  await setHearing(server.database, { until: 0, deaf: 7200, since: 44 });
  const refused = await tryToRemove();
  expect(refused.errors[0]!.extensions).toMatchObject({ code: 'FAILED_PRECONDITION', retryAfterSeconds: 1 });
  await setHearing(server.database, { until: 0, deaf: 7200, since: 46 });
  expect((await remove()).nodeIds).toEqual([stale]);
});

test('a node that is heard of while it is about to go stays', async () => {
  const { nodeId, agentId, secret } = await enrol(server.admin, { node: { name: `host-${randomUUID()}` } });
  const bootId = randomUUID();
  await sync(server.as(secret), { bootId });
  await server.database.query('UPDATE liveness SET last_seen_at = $2 WHERE agent_id = $1', [agentId, ago(2)]);
  const holder = await server.database.connect();
  await holder.query('BEGIN');
  await holder.query('UPDATE liveness SET last_seen_at = clock_timestamp() WHERE agent_id = $1', [agentId]);
  const removal = remove();
  await eventually(async () => {
    const waiting = await server.database.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return waiting.length === 1;
  });
  await holder.query('COMMIT');
  expect((await removal).nodeIds).toEqual([]);
  expect(await read(server.viewer, nodeId)).not.toBeNull();
});

test.each([
  [{ silentFor: '59m' }, 'input.silentFor'],
  [{ limit: 0 }, 'input.limit'],
  [{ limit: 1001 }, 'input.limit'],
])('%j is refused', async (given, path) => {
  expect(refusal(await tryToRemove(given))).toEqual({ code: 'BAD_USER_INPUT', paths: [path] });
  expect(codes(await tryToRemove({ silentFor: '1h', limit: 1000 }))).toEqual([]);
});
