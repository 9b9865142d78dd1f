import { createDatabase, type TestDatabase } from '../support/database';
import { makeHostAgent, makeNode } from '../support/inventory';
import { reader, type Reader } from '../support/reader';
import { setHearing, type Heard } from './hearing';

/** Three of them are 2700 s. */
const INTERVAL = 900;

let database: TestDatabase;
let read: Reader;

beforeAll(async () => {
  database = await createDatabase();
  read = reader(database);
});
afterAll(() => database.drop());

interface Case {
  /** Seconds ago; null: never. */
  seen: number | null;
  heard?: Heard;
  status: 'ACTIVE' | 'INACTIVE';
}

const LISTENING = { until: 0 };

const CASES: Record<string, Case> = {
  'was never heard of': { seen: null, status: 'INACTIVE' },
  'was never heard of, whatever gap there was': {
    seen: null,
    heard: { until: 0, deaf: 9000, since: 60 },
    status: 'INACTIVE',
  },
  'was heard of just now': { seen: 0, status: 'ACTIVE' },
  'has been silent for a little less than three intervals': { seen: 2640, status: 'ACTIVE' },
  'has been silent for more than three intervals': { seen: 2701, status: 'INACTIVE' },
  'was silent while nobody listened, and a server came back just now': {
    seen: 9000,
    heard: { deaf: 8990, since: 1, until: 0 },
    status: 'ACTIVE',
  },
  'is silent for a little less than three intervals since the gap': {
    seen: 9000,
    heard: { deaf: 8990, since: 2640, until: 0 },
    status: 'ACTIVE',
  },
  'is silent for more than three intervals since the gap': {
    seen: 9000,
    heard: { deaf: 8990, since: 2701, until: 0 },
    status: 'INACTIVE',
  },
  'had been silent for exactly three intervals when the gap began': {
    seen: 9000,
    heard: { deaf: 6300, since: 1, until: 0 },
    status: 'ACTIVE',
  },
  'had been silent for more than three intervals when the gap began': {
    seen: 9000,
    heard: { deaf: 6299, since: 1, until: 0 },
    status: 'INACTIVE',
  },
  'was heard of since a gap that it had been silent before': {
    seen: 100,
    heard: { deaf: 6299, since: 200, until: 0 },
    status: 'ACTIVE',
  },
  'has been silent since no server listens any more': { seen: 9000, heard: { until: 8990 }, status: 'ACTIVE' },
  'had been silent for three intervals, but 15 s of them after the last touch': {
    seen: 9000,
    heard: { until: 6315 },
    status: 'ACTIVE',
  },
  'had been silent for more than three intervals before the servers ended': {
    seen: 9000,
    heard: { until: 6314 },
    status: 'INACTIVE',
  },
  'was never heard of before the servers ended': { seen: null, heard: { until: 9000 }, status: 'INACTIVE' },
};

/** A node whose host agent was told INTERVAL and last heard of so long ago. */
async function aHost(seen: number | null) {
  const node = await makeNode(database);
  const agent = await makeHostAgent(database, node, {}, { sync_interval_seconds: INTERVAL });
  return { node, agent, seen };
}

/** All instants are counted back from one, so that their differences are exact. */
async function place({ agent, seen }: { agent: string; seen: number | null }, heard: Heard) {
  await setHearing(database, heard);
  await database.query(
    `UPDATE liveness SET last_seen_at = heard_until + make_interval(secs => $2) FROM hearing WHERE agent_id = $1`,
    [agent, seen === null ? null : heard.until - seen],
  );
}

const STATUSES = `query ($node: ID!, $agent: ID!) {
  node(by: { id: $node }) { status hostAgent { status } }
  agent(id: $agent) { status runsOn { status } }
  ${['ACTIVE', 'INACTIVE', 'UNKNOWN']
    .map((status) => `node${status}: nodes(filter: { ids: [$node], status: [${status}] }) { totalCount }`)
    .join('\n')}
  ${['ACTIVE', 'INACTIVE', 'STARTING', 'RUNNING', 'WAITING', 'STOPPING', 'DONE', 'UNKNOWN']
    .map((status) => `agent${status}: agents(filter: { ids: [$agent], status: [${status}] }) { totalCount }`)
    .join('\n')}
}`;

/** The statuses that the filters find an object by. */
function found(data: Record<string, { totalCount?: number }>, prefix: 'node' | 'agent'): string[] {
  return Object.entries(data)
    .filter(([name, { totalCount }]) => name.startsWith(prefix) && totalCount === 1)
    .map(([name]) => name.slice(prefix.length));
}

const TABLE = Object.entries(CASES).map(([what, one]) => [what, one.status, one] as const);

test.each(TABLE)('a host agent that %s is %s, in every field and filter', async (_what, _status, one) => {
  const host = await aHost(one.seen);
  await place(host, one.heard ?? LISTENING);
  const data = await read(STATUSES, host);
  expect(data.agent).toEqual({ status: one.status, runsOn: { status: one.status } });
  expect(data.node).toEqual({ status: one.status, hostAgent: { status: one.status } });
  expect(found(data, 'agent')).toEqual([one.status]);
  expect(found(data, 'node')).toEqual([one.status]);
});

test('a node without a host agent is UNKNOWN in every field and filter, and was never seen', async () => {
  const node = await makeNode(database);
  const data = await read(
    `query ($node: ID!) { node(by: { id: $node }) { status lastSeenAt hostAgent { id } }
       nodes(filter: { ids: [$node], status: [UNKNOWN] }) { totalCount }
       others: nodes(filter: { ids: [$node], status: [ACTIVE, INACTIVE] }) { totalCount } }`,
    { node },
  );
  expect(data).toEqual({
    node: { status: 'UNKNOWN', lastSeenAt: null, hostAgent: null },
    nodes: { totalCount: 1 },
    others: { totalCount: 0 },
  });
});

test('each agent is measured by the interval that it was told itself', async () => {
  const [patient, hasty] = [await aHost(100), await aHost(100)];
  await database.query('UPDATE liveness SET sync_interval_seconds = 15 WHERE agent_id = $1', [hasty.agent]);
  for (const host of [patient, hasty]) await place(host, LISTENING);
  expect((await read(STATUSES, patient)).agent.status).toBe('ACTIVE');
  expect((await read(STATUSES, hasty)).agent.status).toBe('INACTIVE');
});

test('lastSeenAt of node and host agent is when it was last heard of', async () => {
  const host = await aHost(0);
  const at = '2026-02-03T04:05:06.789Z';
  await database.query('UPDATE liveness SET last_seen_at = $2 WHERE agent_id = $1', [host.agent, at]);
  const data = await read(
    `query ($node: ID!) { node(by: { id: $node }) { lastSeenAt hostAgent { lastSeenAt } } }`,
    host,
  );
  expect(data.node).toEqual({ lastSeenAt: at, hostAgent: { lastSeenAt: at } });
});
