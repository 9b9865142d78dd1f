import { randomUUID } from 'node:crypto';
import { openStage } from '../end-to-end/stage';
import { until, wholeRoll } from '../enrolment/roll';
import { graphqlClient, type GraphQLClient } from '../support/client';
import { hold, untilWaiting } from '../support/locks';
import { approve, ask, makeAgentKey, readRequest, tryToApprove, tryToAsk, tryToReject, type Asked } from './requests';
import { LAST_WRITTEN, openTwoServers, REGISTRY, REQUEST, type TwoServers } from './two-servers';

jest.setTimeout(60_000);

const stage = openStage(afterAll);

let two: TwoServers;
beforeAll(async () => (two = await openTwoServers(stage)));

const name = () => `crashed-${randomUUID()}`;

const CALLS: Record<string, (client: GraphQLClient, asked: Asked) => Promise<unknown>> = {
  'a request': (client) => tryToAsk(client, makeAgentKey(), { node: { name: name() } }),
  'an approval': tryToApprove,
  'a rejection': (admin, { requestId }) => tryToReject(admin, requestId),
};

const waitingPids = async () => {
  const rows = await two.database.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows.map(({ pid }) => pid);
};

const stored = () =>
  two.database.query(`SELECT to_jsonb(request) AS request FROM registration_request AS request ORDER BY id`);

test.each([
  ['a request', 'waits to be stored', REGISTRY],
  ['a request', 'is stored but for its audit row', LAST_WRITTEN],
  ['an approval', 'waits for the request', REQUEST],
  ['an approval', 'is made but for its audit row', LAST_WRITTEN],
  ['a rejection', 'waits for the request', REQUEST],
  ['a rejection', 'is made but for its audit row', LAST_WRITTEN],
])('of %s that %s when its server is killed, nothing is left', async (what, _, statement) => {
  const key = makeAgentKey();
  const asked = await ask(two.anonymous[0], key, name());
  const doomed = await two.start();
  const before = { requests: await stored(), roll: await wholeRoll(two.database) };
  const release = await hold(two.database, statement, statement === REQUEST ? [asked.requestId] : []);
  const end = CALLS[what]!(graphqlClient(doomed.url, two.adminKey), asked).catch(() => 'cut off');
  await untilWaiting(two.database, 1);
  const [pid] = await waitingPids();
  await doomed.kill('SIGKILL');
  expect(await end).toBe('cut off');
  await release();
  // PostgreSQL sees that nobody is there any more once it has what it waited for.
  await until(
    async () => (await two.database.query('SELECT FROM pg_stat_activity WHERE pid = $1', [pid])).length === 0,
  );
  expect({ requests: await stored(), roll: await wholeRoll(two.database) }).toEqual(before);
  expect(await readRequest(two.admins[1], asked.requestId)).toMatchObject({ state: 'PENDING', granted: null });
  await approve(two.admins[0], asked);
});
