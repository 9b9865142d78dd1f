import { codes, dataOf } from '../support/client';
import { sync } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { readNode } from '../enrolment/roll';
import { approve, ask, makeAgentKey, publicIdOf, readRequest, tryToApprove, unlock } from './requests';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await unlock(server.admin);
});
afterAll(() => server.stop());

test('an agent that asks is let in with the key that it made, by its id and pairing ID', async () => {
  const key = makeAgentKey();
  const asked = await ask(server.anonymous, key, 'db-1', { agentVersion: '1.2', postgresql: { version: '17.1' } });
  expect(asked).toMatchObject({ state: 'PENDING', agentId: null, nodeId: null });
  expect(codes(await sync(server.as(key.text)))).toEqual(['UNAUTHENTICATED']);
  const { agent, request } = await approve(server.admin, asked);
  expect(request).toMatchObject({
    id: asked.requestId,
    state: 'APPROVED',
    agent: { id: agent.id, enrolledBy: 'APPROVAL' },
  });
  dataOf(await sync(server.as(key.text)));
  const node = await readNode(server.viewer, agent.runsOn.id);
  expect(node).toMatchObject({ name: 'db-1', services: { nodes: [{ name: 'db-1-postgresql', version: '17.1' }] } });
  expect(await ask(server.anonymous, key, 'db-1')).toMatchObject({
    requestId: asked.requestId,
    state: 'APPROVED',
    agentId: agent.id,
    nodeId: agent.runsOn.id,
  });
});
void [publicIdOf, readRequest, tryToApprove];
