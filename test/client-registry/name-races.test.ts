import { randomUUID } from 'node:crypto';
import { readNode, until } from '../enrolment/roll';
import { openStage } from '../end-to-end/stage';
import * as services from '../service/service-requests';
import { dataOf } from '../support/client';
import { sync } from '../support/enrol';
import { ask, letIn, makeAgentKey, readRequest, tryToApprove, type AgentKey, type Asked } from './requests';
import { inOrder, keyEnds, openTwoServers, rollOf, tally, type TwoServers } from './two-servers';

jest.setTimeout(60_000);

const stage = openStage(afterAll);

let two: TwoServers;
beforeAll(async () => (two = await openTwoServers(stage)));

const fresh = () => `contested-${randomUUID()}`;

const byText = (a: unknown, b: unknown) => String(a).localeCompare(String(b));

/** Two agents that ask for one name, each at its server. */
async function askTwice(name: string): Promise<{ key: AgentKey; asked: Asked }[]> {
  const asking = [];
  for (const client of two.anonymous) {
    const key = makeAgentKey();
    asking.push({ key, asked: await ask(client, key, name) });
  }
  return asking;
}

test.each([
  ['neither with replace, the older', [false, false], [0]],
  ['the younger with replace, one', [false, true], [0, 1]],
  ['the older with replace, the older', [true, false], [0]],
  ['both with replace, one', [true, true], [0, 1]],
])('of two requests for one name that are approved at once, %s is let in', async (_, replaces, mayWin) => {
  const name = fresh();
  const asking = await askTwice(name);
  // Both have seen that nobody has the name when they go on.
  const answers = await inOrder(
    two,
    ['SELECT FROM registration_request WHERE node_name = $1 FOR UPDATE', name],
    asking.map(
      ({ asked }, at) =>
        () =>
          tryToApprove(two.admins[at]!, asked, { replace: replaces[at] }),
    ),
  );
  expect(tally(answers)).toEqual({ OK: 1, CONFLICT: 1 });
  const won = answers.findIndex(({ errors }) => errors.length === 0);
  expect(mayWin).toContain(won);
  const [winner, loser] = [asking[won]!, asking[1 - won]!];
  expect(await keyEnds(two, winner.key.text)).toEqual([null, null]);
  expect(await keyEnds(two, loser.key.text)).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
  expect(await readRequest(two.admins[0], loser.asked.requestId)).toMatchObject({ state: 'CONFLICTING', agent: null });
  expect(await rollOf(two.database, name)).toEqual({ nodes: 1, agents: 1, keys: 1 });
});

test('of two that take the place of an agent at once, one key is good, and node, agent and services are what they were', async () => {
  const name = fresh();
  const former = await letIn(two.admins[0], name, { postgresql: { version: '17.1' } });
  const { nodeId, agentId } = former;
  await services.add(two.admins[0], 'mysql', { nodeId });
  for (const agent of two.as(former.key.text)) dataOf(await sync(agent));
  const before = await readNode(two.admins[0], nodeId);
  const asking = await askTwice(name);

  const answers = await inOrder(
    two,
    ['SELECT FROM node WHERE id = $1 FOR UPDATE', nodeId],
    asking.map(
      ({ asked }, at) =>
        () =>
          tryToApprove(two.admins[at]!, asked, { replace: true }),
    ),
  );

  const answered = performance.now();
  expect(answers.map((answer) => dataOf(answer).approveRegistration.agent)).toEqual(
    Array.from({ length: 2 }, () => ({ id: agentId, runsOn: { id: nodeId, name } })),
  );
  const keys = [former, ...asking].map(({ key }) => key.text);
  await until(
    async () => (await Promise.all(keys.map((key) => keyEnds(two, key)))).flat().filter(isReplaced).length === 4,
  );
  expect(performance.now() - answered).toBeLessThan(1000);
  const ends = await Promise.all(keys.map((key) => keyEnds(two, key)));
  const [first, ...others] = ends;
  expect(first).toEqual(['AGENT_REPLACED', 'AGENT_REPLACED']);
  expect(others.toSorted(byText)).toEqual([
    [null, null],
    ['AGENT_REPLACED', 'AGENT_REPLACED'],
  ]);
  expect(await readNode(two.admins[1], nodeId)).toEqual(before);
});

const isReplaced = (end: unknown) => end === 'AGENT_REPLACED';
