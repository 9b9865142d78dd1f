import { syncInterval } from '../../src/sync/interval';
import { createDatabase, type TestDatabase } from '../support/database';

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

/** Makes the fleet this large: host agents, each on a node of its own. */
async function fleet(agents: number): Promise<void> {
  await database.query(
    'TRUNCATE node, service, agent, agent_secret, liveness, registration_token, registration_token_claim, registration_request, api_key',
  );
  await database.query(
    `INSERT INTO node (id, type, name, address)
     SELECT gen_random_uuid(), 'GENERIC', 'node-' || n, '192.0.2.1' FROM generate_series(1, $1) AS n`,
    [agents],
  );
  await database.query(
    `INSERT INTO agent (id, type, runs_on_node_id, enrolled_by) SELECT id, 'HOST_AGENT', id, 'TOKEN' FROM node`,
  );
  await database.query('INSERT INTO liveness (agent_id, sync_interval_seconds) SELECT id, 15 FROM agent');
}

/** So many intervals, as one server tells them. */
async function told(minimum: number, times = 400): Promise<number[]> {
  const interval = syncInterval(minimum);
  const answers: number[] = [];
  for (let time = 0; time < times; time++) answers.push(await interval.next(database.dataSource.manager));
  return answers;
}

function range(answers: number[]): [number, number] {
  return [Math.min(...answers), Math.max(...answers)];
}

test('a small fleet is told the minimum, within 10 %', async () => {
  await fleet(1);
  const [least, most] = range(await told(100));
  expect(least).toBeGreaterThanOrEqual(90);
  expect(most).toBeLessThanOrEqual(110);
});

test('the interval is spread over all of the 10 % to either side', async () => {
  await fleet(1);
  // 21 values; that one of the outer fifths stays empty in 400 draws has a chance below 10^-30.
  const [least, most] = range(await told(100));
  expect(least).toBeLessThan(94);
  expect(most).toBeGreaterThan(106);
});

test('a fleet too large for 3,000 syncs a second is told to sync less often', async () => {
  await fleet(24_000);
  const [least, most] = range(await told(1));
  expect(least).toBeGreaterThanOrEqual(7);
  expect(most).toBeLessThanOrEqual(9);
});

test('a large fleet is never told less than the minimum', async () => {
  await fleet(6000);
  expect(range(await told(30))[0]).toBeGreaterThanOrEqual(27);
});

test('nobody is told more than 15 minutes, within 10 %', async () => {
  await fleet(1);
  const [least, most] = range(await told(5000));
  expect(least).toBeGreaterThanOrEqual(810);
  expect(most).toBeLessThanOrEqual(990);
});

test('the fleet is not counted again at each sync', async () => {
  await fleet(1);
  const interval = syncInterval(1);
  await interval.next(database.dataSource.manager);
  await fleet(24_000);
  expect(await interval.next(database.dataSource.manager)).toBe(1);
});
