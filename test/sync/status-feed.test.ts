import { statusFeed } from '../../src/sync/status-feed';
import { until } from '../enrolment/roll';
import { createDatabase, type TestDatabase } from '../support/database';
import { makeHostAgent, makeNode } from '../support/inventory';
import { statementsOf } from '../support/reader';
import { setHearing } from './hearing';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await setHearing(database, { until: 0 });
});
afterAll(() => database.drop());

const INTERVAL = 900;
const SILENCE = '1 hour';

async function aNode(): Promise<{ nodeId: string; agentId: string }> {
  const nodeId = await makeNode(database);
  const agentId = await makeHostAgent(database, nodeId, {}, { sync_interval_seconds: INTERVAL });
  return { nodeId, agentId };
}

const hear = (agentId: string) =>
  database.query('UPDATE liveness SET last_seen_at = clock_timestamp() WHERE agent_id = $1', [agentId]);
const silence = (agentId: string) =>
  database.query(`UPDATE liveness SET last_seen_at = clock_timestamp() - $2::interval WHERE agent_id = $1`, [
    agentId,
    SILENCE,
  ]);

/** A feed that looks without pause, and what it has told; `looks` counts how often it has looked. */
function listen() {
  const warnings: unknown[] = [];
  const told: string[][] = [];
  const log = { warn: (...words: unknown[]) => void warnings.push(words) };
  const feed = statusFeed(database.dataSource.manager, log, { lookEveryMs: 1 });
  return { told, warnings, feed, end: feed.subscribe((nodeIds) => void told.push([...nodeIds])) };
}

/** After it has looked twice at least: what there was to tell has been told. */
const settled = () => statementsOf(database, async (statements) => until(async () => statements.length >= 4));

test('a node is told once when it goes INACTIVE, and once when it is ACTIVE again', async () => {
  const { nodeId, agentId } = await aNode();
  await hear(agentId);
  const { told, end } = listen();
  await settled();
  expect(told).toEqual([]);
  await silence(agentId);
  await settled();
  expect(told.splice(0)).toEqual([[nodeId]]);
  await settled();
  expect(told).toEqual([]);
  await hear(agentId);
  await settled();
  end();
  expect(told).toEqual([[nodeId]]);
});

test('a node that was never heard of is told when it first goes ACTIVE, and not when it is made or removed', async () => {
  const { told, end } = listen();
  await settled();
  const [one, two] = [await aNode(), await aNode()];
  await settled();
  expect(told).toEqual([]);
  await hear(one.agentId);
  // At once, as whoever removes it does.
  await database.query('WITH liveness AS (DELETE FROM liveness WHERE agent_id = $1) DELETE FROM agent WHERE id = $1', [
    two.agentId,
  ]);
  await settled();
  end();
  expect(told).toEqual([[one.nodeId]]);
});

test('all listeners are told; nothing is asked of the database while nobody listens', async () => {
  const { nodeId, agentId } = await aNode();
  await hear(agentId);
  const { told, feed, end } = listen();
  const others: string[] = [];
  const endOther = feed.subscribe((nodeIds) => void others.push(...nodeIds));
  await settled();
  await silence(agentId);
  await settled();
  end();
  expect([told.flat(), others]).toEqual([[nodeId], [nodeId]]);
  endOther();
  const statements = await statementsOf(database, () => database.query('SELECT pg_sleep(0.1)'));
  // The look that was under way may end yet.
  expect(statements.filter((statement) => statement.includes('liveness')).length).toBeLessThanOrEqual(1);
});

test('what changed while nobody listened is not told as news', async () => {
  const { agentId } = await aNode();
  await hear(agentId);
  const first = listen();
  await settled();
  first.end();
  await silence(agentId);
  const second = first.feed.subscribe((nodeIds) => void first.told.push([...nodeIds]));
  await settled();
  second();
  expect(first.told).toEqual([]);
});

test('a database that fails is logged, and looked at again', async () => {
  const { nodeId, agentId } = await aNode();
  await hear(agentId);
  const { told, warnings, end } = listen();
  await settled();
  await database.query('ALTER TABLE hearing RENAME TO away');
  await until(async () => warnings.length > 0);
  await database.query('ALTER TABLE away RENAME TO hearing');
  await settled();
  await silence(agentId);
  await settled();
  end();
  expect(told).toEqual([[nodeId]]);
});
