import { openStage } from '../end-to-end/stage';
import { codes } from '../support/client';
import { hold, untilWaiting } from '../support/locks';
import { ask, makeAgentKey, reject, tryToAsk } from './requests';
import { expireRequests, openTwoServers, REGISTRY, tally, type TwoServers } from './two-servers';

jest.setTimeout(60_000);

const CROWD = 50;
const ROOM = 20;

/** The bounds, each with what the other one is when it is what counts. */
const BOUNDS: [what: string, settings: Record<string, string>][] = [
  ['from one address', { ROLLCALL_CLIENT_REGISTRY_PENDING_PER_ADDRESS: `${ROOM}` }],
  ['in all', { ROLLCALL_CLIENT_REGISTRY_PENDING_REQUESTS: `${ROOM}` }],
];

/** Asks with many keys at once, by turns at both servers: none is through before others are there. Gives how often each answer came. */
async function askAtOnce({ database, anonymous }: TwoServers): Promise<Record<string, number>> {
  const release = await hold(database, REGISTRY);
  const asked = Array.from({ length: CROWD }, (_, at) => tryToAsk(anonymous[at % 2]!, makeAgentKey()));
  await untilWaiting(database, 4);
  await release();
  return tally(await Promise.all(asked));
}

/** Who waits in line for too long, as on a busy machine, is told UNAVAILABLE, and is refused as well. */
function exactly({ PENDING, RATE_LIMITED = 0, UNAVAILABLE = 0, ...others }: Record<string, number>): boolean {
  return PENDING === ROOM && RATE_LIMITED + UNAVAILABLE === CROWD - ROOM && Object.keys(others).length === 0;
}

/** PostgreSQL has a hundred connections for all tests that run. */
const SMALL_POOL = { ROLLCALL_DATABASE_POOL_SIZE: '5' };

describe.each(BOUNDS)('the bound of requests %s', (_, settings) => {
  let two: TwoServers;
  const stage = openStage(afterAll);
  beforeAll(async () => (two = await openTwoServers(stage, { ...SMALL_POOL, ...settings })));
  beforeEach(() => expireRequests(two.database, 'decision IS NULL'));

  test('is exact for those that come at once to both servers, and expired ones make room', async () => {
    expect(exactly(await askAtOnce(two))).toBe(true);
    expect(codes(await tryToAsk(two.anonymous[0], makeAgentKey()))).toEqual(['RATE_LIMITED']);
    await expireRequests(two.database, 'decision IS NULL');
    expect(exactly(await askAtOnce(two))).toBe(true);
  });

  test('refuses who is over it without a wait for those who are stored', async () => {
    expect(exactly(await askAtOnce(two))).toBe(true);
    const release = await hold(two.database, REGISTRY);
    const answers = await Promise.all(two.anonymous.map((client) => tryToAsk(client, makeAgentKey())));
    expect(answers.map(codes)).toEqual([['RATE_LIMITED'], ['RATE_LIMITED']]);
    await release();
  });
});

describe('of requests that are over', () => {
  let two: TwoServers;
  const stage = openStage(afterAll);
  beforeAll(async () => (two = await openTwoServers(stage, { ...SMALL_POOL, ...BOUNDS[1]![1] })));
  beforeEach(() => expireRequests(two.database, 'decision IS NULL'));

  const over = (written: string) =>
    two.database.query(
      `SELECT FROM registration_request WHERE decision IS NULL AND expires_at <= clock_timestamp() AND ${written}`,
    );

  test('as many are kept as may wait, and the oldest go', async () => {
    const [first, last] = [makeAgentKey(), makeAgentKey()];
    const { requestId } = await ask(two.anonymous[0], first, 'the-oldest');
    await two.database.query(`UPDATE registration_request SET expires_at = '-infinity' WHERE id = $1`, [requestId]);
    for (let time = 0; time < 3; time++) {
      expect(exactly(await askAtOnce(two))).toBe(true);
      await expireRequests(two.database, 'decision IS NULL AND expires_at > clock_timestamp()');
    }
    expect(await ask(two.anonymous[0], last, 'the-last')).toMatchObject({ state: 'PENDING' });
    expect(await over('true')).toHaveLength(ROOM - 1);
    expect(await over(`node_name = 'the-oldest'`)).toEqual([]);
  });

  test('those that are kept are not written when another is stored', async () => {
    expect(exactly(await askAtOnce(two))).toBe(true);
    await expireRequests(two.database, 'decision IS NULL');
    await ask(two.anonymous[0], makeAgentKey(), 'one-more');
    expect(await over('true')).toHaveLength(ROOM - 1);
    // PostgreSQL writes there who has locked a row.
    expect(await over(`xmax <> '0'`)).toEqual([]);
  });

  test('a rejected key is told so through its cool-down, however many others ask, and may then ask anew', async () => {
    const key = makeAgentKey();
    const { requestId, nonce } = await ask(two.anonymous[0], key, 'rejected');
    await reject(two.admins[0], requestId, 'not ours');
    // As if it were the oldest of all.
    await two.database.query(`UPDATE registration_request SET expires_at = '-infinity' WHERE id = $1`, [requestId]);
    for (let time = 0; time < 2; time++) {
      expect(exactly(await askAtOnce(two))).toBe(true);
      expect(await ask(two.anonymous[1], key, 'rejected')).toMatchObject({ requestId, state: 'REJECTED' });
      await expireRequests(two.database, 'decision IS NULL');
    }
    await two.database.query(`UPDATE registration_request SET decided_at = decided_at - interval '1 h' WHERE id = $1`, [
      requestId,
    ]);
    const anew = await ask(two.anonymous[1], key, 'rejected');
    expect(anew.state).toBe('PENDING');
    expect(anew.requestId).not.toBe(requestId);
    expect(anew.nonce).not.toBe(nonce);
  });
});
