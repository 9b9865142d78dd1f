import { openStage } from '../end-to-end/stage';
import { hold, untilWaiting } from '../support/locks';
import { approve, ask, listRequests, makeAgentKey, tryToAsk } from './requests';
import { openTwoServers, REGISTRY } from './two-servers';

jest.setTimeout(60_000);

const stage = openStage(afterAll);

test('while requests wait to be stored, more of them than a server has connections, it lists and approves', async () => {
  const two = await openTwoServers(stage);
  const [[admin], [anonymous]] = [two.admins, two.anonymous];
  const known = await ask(anonymous, makeAgentKey(), 'known');
  const release = await hold(two.database, REGISTRY);
  const asked = Array.from({ length: 30 }, () => tryToAsk(anonymous, makeAgentKey()));
  await untilWaiting(two.database, 2);
  expect(await listRequests(admin)).toMatchObject({ nodes: [{ id: known.requestId, state: 'PENDING' }] });
  await approve(admin, known);
  await release();
  await Promise.all(asked);
});
