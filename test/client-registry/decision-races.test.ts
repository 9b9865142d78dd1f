import { randomUUID } from 'node:crypto';
import { openStage } from '../end-to-end/stage';
import { codes, type Answer, type GraphQLClient } from '../support/client';
import { hold, untilWaiting } from '../support/locks';
import { eventually } from '../database/embedded/data-folders';
import { ask, makeAgentKey, readRequest, tryToApprove, tryToReject, type AgentKey, type Asked } from './requests';
import { inOrder, keyEnds, openTwoServers, REQUEST, rollOf, tally, type TwoServers } from './two-servers';

jest.setTimeout(60_000);

const stage = openStage(afterAll);

let two: TwoServers;
beforeAll(async () => (two = await openTwoServers(stage)));

const DECIDE: Record<string, (admin: GraphQLClient, asked: Asked) => Promise<Answer>> = {
  'an approval': tryToApprove,
  'a rejection': (admin, { requestId }) => tryToReject(admin, requestId, 'not ours'),
};

const ENDS = {
  'an approval': {
    request: { state: 'APPROVED', reason: null, granted: { replace: false }, agent: { enrolledBy: 'APPROVAL' } },
    roll: { nodes: 1, agents: 1, keys: 1 },
    keyEnds: [null, null],
  },
  'a rejection': {
    request: { state: 'REJECTED', reason: 'not ours', granted: null, agent: null },
    roll: { nodes: 0, agents: 0, keys: 0 },
    keyEnds: ['UNAUTHENTICATED', 'UNAUTHENTICATED'],
  },
};

interface Asking {
  key: AgentKey;
  name: string;
  asked: Asked;
}

async function askForANode(): Promise<Asking> {
  const [key, name] = [makeAgentKey(), `decided-${randomUUID()}`];
  return { key, name, asked: await ask(two.anonymous[0], key, name) };
}

/** All that there is of a request, and of what came of it. */
async function endOf({ key, name, asked }: Asking): Promise<unknown> {
  return {
    request: await readRequest(two.admins[1], asked.requestId),
    roll: await rollOf(two.database, name),
    keyEnds: await keyEnds(two, key.text),
  };
}

test.each([
  ['an approval', 'a rejection'],
  ['a rejection', 'an approval'],
  ['an approval', 'an approval'],
  ['a rejection', 'a rejection'],
] as const)('%s on one server decides, and %s that comes after it on the other changes nothing', async (...both) => {
  const asking = await askForANode();
  const calls = both.map((decision, at) => () => DECIDE[decision]!(two.admins[at]!, asking.asked));
  const answers = await inOrder(two, [REQUEST, asking.asked.requestId], calls);
  expect(answers.map(codes)).toEqual([[], ['FAILED_PRECONDITION']]);
  expect(await endOf(asking)).toMatchObject(ENDS[both[0]]);
});

test.each([
  ['an approval', 'a rejection'],
  ['an approval', 'an approval'],
] as const)('of %s and %s at once, one decides, whichever it is', async (...both) => {
  const all = await Promise.all(Array.from({ length: 25 }, askForANode));
  const decided = await Promise.all(
    all.map(({ asked }, round) =>
      Promise.all(both.map((decision, at) => DECIDE[decision]!(two.admins[(round + at) % 2]!, asked))),
    ),
  );
  for (const [round, asking] of all.entries()) {
    const answers = decided[round]!;
    expect(tally(answers)).toEqual({ OK: 1, FAILED_PRECONDITION: 1 });
    expect(await endOf(asking)).toMatchObject(ENDS[both[answers.findIndex(({ errors }) => errors.length === 0)]!]);
  }
});

test.each(['an approval', 'a rejection'] as const)(
  '%s that waits until its request has expired is refused',
  async (decision) => {
    const asking = await askForANode();
    const { requestId } = asking.asked;
    await two.database.query(
      `UPDATE registration_request SET expires_at = clock_timestamp() + interval '1 second' WHERE id = $1`,
      [requestId],
    );
    const release = await hold(two.database, REQUEST, [requestId]);
    const waiting = DECIDE[decision]!(two.admins[0], asking.asked);
    await untilWaiting(two.database, 1);
    await eventually(async () => (await readRequest(two.admins[1], requestId)).state === 'EXPIRED');
    await release();
    expect(codes(await waiting)).toEqual(['FAILED_PRECONDITION']);
    expect(await endOf(asking)).toMatchObject({
      ...ENDS['a rejection'],
      request: { state: 'EXPIRED', decidedAt: null, reason: null, granted: null },
    });
  },
);
