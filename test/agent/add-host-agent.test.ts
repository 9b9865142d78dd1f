import { randomUUID } from 'node:crypto';
import * as nodes from '../node/node-requests';
import { refusal } from '../node/node-requests';
import { codes, dataOf } from '../support/client';
import { enrol, issueToken, register, sync } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { add, addHost, read, tryToAdd } from './agent-requests';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

const ofNode = 'query ($id: ID!) { node(by: { id: $id }) { status hostAgent { id } agents { nodes { id } } } }';

test.each(nodes.KINDS)('a host agent is entered by hand on a node of kind %s, silent', async (kind) => {
  const { id: nodeId } = await nodes.add(server.editor, kind);
  const labels = [{ name: 'team', value: 'core' }];
  const agent = await add(server.editor, 'hostAgent', { nodeId, labels });
  expect(agent).toMatchObject({
    __typename: 'HostAgent',
    type: 'HOST_AGENT',
    status: 'INACTIVE',
    enrolledBy: 'MANUAL',
    generation: 1,
    syncIntervalSeconds: expect.any(Number),
    lastSeenAt: null,
    supervisor: null,
    observedNode: null,
    observedService: null,
    runsOn: { id: nodeId },
    labels,
  });
  expect(await read(server.viewer, agent.id)).toEqual(agent);
  expect(dataOf(await server.viewer(ofNode, { id: nodeId })).node).toEqual({
    status: 'INACTIVE',
    hostAgent: { id: agent.id },
    agents: { nodes: [{ id: agent.id }] },
  });
});

test('a node has at most one: the second is CONFLICT, however the first came', async () => {
  const { nodeId: byHand } = await addHost(server.editor);
  const { nodeId: byToken } = await enrol(server.admin);
  for (const nodeId of [byHand, byToken])
    expect(refusal(await tryToAdd(server.editor, 'hostAgent', { nodeId }))).toEqual({
      code: 'CONFLICT',
      paths: ['input.hostAgent.nodeId'],
    });
});

test('of ten that enter one for a node at the same moment one succeeds', async () => {
  const { id: nodeId } = await nodes.add(server.editor, 'generic');
  const answers = await Promise.all(Array.from({ length: 10 }, () => tryToAdd(server.editor, 'hostAgent', { nodeId })));
  const told = answers.map((answer) => (codes(answer)[0] ?? 'added') as string).toSorted();
  expect(told).toEqual([...Array<string>(9).fill('CONFLICT'), 'added']);
});

test.each([randomUUID(), '', 'nonsense'])('on the node %j, which there is not, is NOT_FOUND', async (nodeId) => {
  expect(codes(await tryToAdd(server.editor, 'hostAgent', { nodeId }))).toEqual(['NOT_FOUND']);
});

test('faulty labels are refused', async () => {
  const { id: nodeId } = await nodes.add(server.editor, 'generic');
  const answer = await tryToAdd(server.editor, 'hostAgent', { nodeId, labels: [{ name: '1', value: '' }] });
  expect(refusal(answer)).toEqual({ code: 'BAD_USER_INPUT', paths: ['input.hostAgent.labels.0'] });
});

test('it gets its key by a token that replaces its node, and keeps its id', async () => {
  const { nodeId, nodeName, supervisorId } = await addHost(server.editor);
  const { secret: token } = await issueToken(server.admin, { replacesNodeId: nodeId });
  const { agentId, secret } = await register(server.anonymous, token, { node: { name: nodeName } });
  expect(agentId).toBe(supervisorId);
  dataOf(await sync(server.as(secret)));
  expect(await read(server.viewer, agentId)).toMatchObject({ status: 'ACTIVE', enrolledBy: 'TOKEN' });
});

test('it is one audit row, with what was said', async () => {
  const { id: nodeId, name } = await nodes.add(server.editor, 'generic');
  const { id } = await add(server.editor, 'hostAgent', { nodeId });
  const rows = await server.database.query(
    'SELECT action, target_name, changes FROM audit_event WHERE target_id = $1',
    [id],
  );
  const changes = [{ field: 'runsOn', before: null, after: nodeId }];
  expect(rows).toEqual([{ action: 'agent.add', target_name: `HOST_AGENT on ${name}`, changes }]);
});
