import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { createServer } from '../../src/server';
import { startListening } from '../../src/sync/listening';
import { createDatabase, type TestDatabase } from '../support/database';
import { makeHostAgent, makeNode } from '../support/inventory';
import { reader } from '../support/reader';
import { testConfig } from '../support/server';
import { readHearing, setHearing, type HearingRow } from './hearing';

const log = pino({ level: 'silent' });
let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());
// What other agents were told decides which gaps are one.
beforeEach(() => database.query('TRUNCATE liveness'));

/** A server listens for a moment; the row before and after. */
async function touch(): Promise<{ before: HearingRow; after: HearingRow }> {
  const before = await readHearing(database);
  const listening = await startListening(database.dataSource.manager, log);
  listening.stop();
  return { before, after: await readHearing(database) };
}

/** A host agent that was told this interval and last heard of so many seconds ago. */
async function aHost(interval: number, seen = 0): Promise<string> {
  const agent = await makeHostAgent(database, await makeNode(database), {}, { sync_interval_seconds: interval });
  await database.query('UPDATE liveness SET last_seen_at = now() - make_interval(secs => $2) WHERE agent_id = $1', [
    agent,
    seen,
  ]);
  return agent;
}

async function statusOf(agent: string): Promise<string> {
  return (await reader(database)(`query ($id: ID!) { agent(id: $id) { status } }`, { id: agent })).agent.status;
}

function within({ now }: HearingRow, { now: end }: HearingRow, instant: Date | null): boolean {
  // Columns round to the millisecond, a Date cuts: what was written just before the end may read a millisecond after it.
  return instant !== null && now <= instant && instant.getTime() <= end.getTime() + 1;
}

test('a server that starts says that it listens', async () => {
  await setHearing(database, { until: 10, deaf: 500, since: 400 });
  const { before, after } = await touch();
  expect(within(before, after, after.heard_until)).toBe(true);
});

test('less than 15 s without a touch are no gap', async () => {
  await setHearing(database, { until: 10, deaf: 500, since: 400 });
  const { before, after } = await touch();
  expect(after).toMatchObject({ deaf_since: before.deaf_since, heard_since: before.heard_since });
});

test.each([{ until: 16 }, { until: 9000 }, { until: 9000, deaf: 90_000, since: 80_000 }])(
  'more than 15 s without a touch are a gap from the last touch until now: %j',
  async (heard) => {
    await aHost(15);
    await setHearing(database, heard);
    const { before, after } = await touch();
    expect(after.deaf_since).toEqual(before.heard_until);
    expect(within(before, after, after.heard_since)).toBe(true);
    expect(within(before, after, after.heard_until)).toBe(true);
  },
);

test('a gap that begins within three of the longest intervals after the former one prolongs that', async () => {
  for (const interval of [15, 900, 60]) await aHost(interval);
  await setHearing(database, { deaf: 9000, since: 4000, until: 4000 - 2699 });
  const { before, after } = await touch();
  expect(after.deaf_since).toEqual(before.deaf_since);
  expect(within(before, after, after.heard_since)).toBe(true);
});

test('a gap that begins three of the longest intervals after the former one is a new one', async () => {
  for (const interval of [15, 900, 60]) await aHost(interval);
  await setHearing(database, { deaf: 9000, since: 4000, until: 4000 - 2700 });
  const { before, after } = await touch();
  expect(after.deaf_since).toEqual(before.heard_until);
});

test('without agents each gap is a new one', async () => {
  await setHearing(database, { deaf: 9000, since: 4000, until: 3999 });
  const { before, after } = await touch();
  expect(after.deaf_since).toEqual(before.heard_until);
});

test('servers that regain the database at once write one gap', async () => {
  await setHearing(database, { until: 9000 });
  const before = await readHearing(database);
  const holder = await database.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM hearing FOR UPDATE');
  const starts = [1, 2, 3].map(() => startListening(database.dataSource.manager, log));
  await waiting(starts.length);
  await holder.query('ROLLBACK');
  for (const start of starts) (await start).stop();
  expect((await readHearing(database)).deaf_since).toEqual(before.heard_until);
});

/** Resolves when so many statements wait for a lock. */
function waiting(count: number): Promise<void> {
  return until(async () => {
    const [row] = await database.query<{ count: number }>(
      `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return row!.count >= count;
  });
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('What was waited for did not come.');
    await delay(50);
  }
}

test('the touch of a server does not go back behind that of another', async () => {
  await setHearing(database, { until: -600 });
  const { before, after } = await touch();
  expect(after.heard_until).toEqual(before.heard_until);
});

test('a server goes on saying that it listens', async () => {
  await setHearing(database, { until: 1 });
  const listening = await startListening(database.dataSource.manager, log);
  try {
    const { heard_until: first } = await readHearing(database);
    await expect(until(async () => (await readHearing(database)).heard_until > first)).resolves.toBeUndefined();
  } finally {
    listening.stop();
  }
});

test('the HTTP server says that it listens before it answers', async () => {
  await setHearing(database, { until: 9000 });
  const before = await readHearing(database);
  const app = await createServer({ config: testConfig(), encryptionKey: null, dataSource: database.dataSource, log });
  await app.close();
  expect((await readHearing(database)).deaf_since).toEqual(before.heard_until);
});

describe('after an outage of the servers', () => {
  test('an agent that lived before it is ACTIVE at once', async () => {
    const agent = await aHost(15, 9010);
    await setHearing(database, { until: 9000 });
    expect(await statusOf(agent)).toBe('ACTIVE');
    await touch();
    expect(await statusOf(agent)).toBe('ACTIVE');
  });

  test('an agent that was silent before it stays INACTIVE', async () => {
    const agent = await aHost(15, 9046);
    await setHearing(database, { until: 9000 });
    expect(await statusOf(agent)).toBe('INACTIVE');
    await touch();
    expect(await statusOf(agent)).toBe('INACTIVE');
  });

  test('one outage upon the other does not bring to life what was silent before the first', async () => {
    const agent = await aHost(15, 9046);
    await setHearing(database, { deaf: 9000, since: 100, until: 90 });
    await touch();
    expect(await statusOf(agent)).toBe('INACTIVE');
  });
});
