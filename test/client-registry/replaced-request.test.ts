import { randomUUID } from 'node:crypto';
import { openStage } from '../end-to-end/stage';
import { codes } from '../support/client';
import { approve, ask, makeAgentKey, readRequest, reject, tryToApprove, type Asked } from './requests';
import { expireRequests, keyEnds, openTwoServers, rollOf, type TwoServers } from './two-servers';

jest.setTimeout(60_000);

const stage = openStage(afterAll);

let two: TwoServers;
beforeAll(async () => (two = await openTwoServers(stage)));

/** How a request comes to its end, so that its key may ask anew. */
const ENDS: [how: string, end: (asked: Asked) => Promise<unknown>][] = [
  ['has expired', ({ requestId }) => expireRequests(two.database, 'id = $1', requestId)],
  [
    'was rejected, and the cool-down is over',
    async ({ requestId }) => {
      await reject(two.admins[0], requestId);
      await two.database.query(
        `UPDATE registration_request SET decided_at = decided_at - interval '1 hour' WHERE id = $1`,
        [requestId],
      );
    },
  ],
];

test.each(ENDS)(
  'a listed request that %s, and whose key asks anew, is approved by nothing that was listed',
  async (_, end) => {
    const [key, name] = [makeAgentKey(), `anew-${randomUUID()}`];
    const listed = await ask(two.anonymous[0], key, name);
    await end(listed);
    const anew = await ask(two.anonymous[1], key, name);
    expect(anew.state).toBe('PENDING');
    for (const field of ['requestId', 'nonce', 'pairingId'] as const) expect(anew[field]).not.toBe(listed[field]);

    const mixed = [listed, { ...listed, pairingId: anew.pairingId }, { ...anew, pairingId: listed.pairingId }];
    const answers = await Promise.all(mixed.map((asked, at) => tryToApprove(two.admins[at % 2]!, asked)));
    expect(answers.map(codes)).toEqual(mixed.map(() => ['FAILED_PRECONDITION']));
    expect(await keyEnds(two, key.text)).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
    expect(await rollOf(two.database, name)).toEqual({ nodes: 0, agents: 0, keys: 0 });
    expect(await readRequest(two.admins[0], anew.requestId)).toMatchObject({ state: 'PENDING' });

    await approve(two.admins[0], anew);
    expect(await keyEnds(two, key.text)).toEqual([null, null]);
  },
);

test('a key is told of its last request by the clock of the database, whichever id a server gave it', async () => {
  const [key, name] = [makeAgentKey(), `clocks-${randomUUID()}`];
  const { requestId } = await ask(two.anonymous[0], key, name);
  // As a server would have made it whose clock is ahead.
  await two.database.query(
    `UPDATE registration_request SET id = overlay(id::text placing 'ffffffff' from 1)::uuid WHERE id = $1`,
    [requestId],
  );
  await expireRequests(two.database, 'node_name = $1', name);
  const anew = await ask(two.anonymous[1], key, name);
  expect(anew.state).toBe('PENDING');
  expect(await ask(two.anonymous[0], key, name)).toEqual(anew);
});
