import { openStage } from '../end-to-end/stage';
import { eventually } from '../database/embedded/data-folders';
import { type Answer, type GraphQLClient } from '../support/client';
import { hold, untilWaiting } from '../support/locks';
import { lock, makeAgentKey, readRegistry, tryToAsk, tryToLock, unlock } from './requests';
import { inOrder, LAST_WRITTEN, openTwoServers, REGISTRY, told, type TwoServers } from './two-servers';

jest.setTimeout(60_000);

const stage = openStage(afterAll);

let two: TwoServers;
beforeAll(async () => (two = await openTwoServers(stage)));

beforeEach(() => unlock(two.admins[0], '24h'));

const storedIds = async () => {
  const rows = await two.database.query<{ id: string }>('SELECT id FROM registration_request ORDER BY id');
  return rows.map(({ id }) => id);
};

const askOnce = (client: GraphQLClient) => tryToAsk(client, makeAgentKey());

const LOCK = () => tryToLock(two.admins[0]);
const ASK = () => askOnce(two.anonymous[1]);

// First: refusals before it would wait for their audit rows, too.
test('a lock waits for a request that is being stored, though the time of the registry has passed', async () => {
  await unlock(two.admins[0], '1s');
  const release = await hold(two.database, LAST_WRITTEN);
  const request = ASK();
  await untilWaiting(two.database, 1);
  await eventually(async () => (await readRegistry(two.admins[0])).state === 'LOCKED');
  const locked = LOCK().then(storedIds);
  await untilWaiting(two.database, 2);
  await release();
  const answer = await request;
  expect(told(answer)).toBe('PENDING');
  expect(await locked).toContain(answer.data.requestRegistration.requestId);
});

test.each([
  ['a request that comes before the lock is stored before that is answered', [ASK, LOCK], ['PENDING', 'OK'], 1],
  ['a request that comes while the lock is made is refused', [LOCK, ASK], ['OK', 'REGISTRY_LOCKED'], 0],
])('%s, at the other server', async (_, calls, answers, stored) => {
  const before = await storedIds();
  expect((await inOrder(two, [REGISTRY], calls)).map(told)).toEqual(answers);
  expect(await storedIds()).toHaveLength(before.length + stored);
});

test('of requests that arrive at both servers, none is stored after one of them has answered that the registry is locked', async () => {
  const before = await storedIds();
  const asked: { begun: number; answer: Answer }[] = [];
  const enough = new AbortController();
  const agents = Array.from({ length: 16 }, async (__, at) => {
    while (!enough.signal.aborted) {
      const begun = performance.now();
      asked.push({ begun, answer: await askOnce(two.anonymous[at % 2]!) });
    }
  });
  const pending = () => asked.filter(({ answer }) => told(answer) === 'PENDING');
  await eventually(async () => pending().length >= 50);

  await lock(two.admins[0]);
  const lockedAt = performance.now();
  const stored = await storedIds();
  const late = () => asked.filter(({ begun }) => begun > lockedAt);
  await eventually(async () => late().length >= 50);
  enough.abort();
  await Promise.all(agents);

  expect(new Set(late().map(({ answer }) => told(answer)))).toEqual(new Set(['REGISTRY_LOCKED']));
  expect(await storedIds()).toEqual(stored);
  const ids = pending().map(({ answer }) => answer.data.requestRegistration.requestId as string);
  expect([...before, ...ids].toSorted()).toEqual(stored);
});

test('a registry whose time has passed is locked on both servers at once', async () => {
  await two.database.query(`UPDATE client_registry SET open_until = clock_timestamp() - interval '1 millisecond'`);
  const answers = await Promise.all(two.anonymous.map(askOnce));
  expect(answers.map(told)).toEqual(['REGISTRY_LOCKED', 'REGISTRY_LOCKED']);
  const closed = { state: 'LOCKED', openUntil: null, openedBy: null };
  expect(await Promise.all(two.admins.map(readRegistry))).toMatchObject([closed, closed]);
});

test('a request that waits until the registry has locked itself is refused', async () => {
  const before = await storedIds();
  await unlock(two.admins[0], '1s');
  const release = await hold(two.database, REGISTRY);
  const waiting = two.anonymous.map(askOnce);
  await untilWaiting(two.database, 2);
  await eventually(async () => (await readRegistry(two.admins[0])).state === 'LOCKED');
  await release();
  expect((await Promise.all(waiting)).map(told)).toEqual(['REGISTRY_LOCKED', 'REGISTRY_LOCKED']);
  expect(await storedIds()).toEqual(before);
});
