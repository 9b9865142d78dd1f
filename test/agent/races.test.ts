import * as nodes from '../node/node-requests';
import * as services from '../service/service-requests';
import { codes, dataOf } from '../support/client';
import { deadlocksIn } from '../support/database';
import { enrol, issueToken, sync, tryToRegister } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { addHost, addOf, read, tryToAdd, tryToRemove, tryToUpdate, type Host } from './agent-requests';

jest.setTimeout(60_000);

let server: TestServer;
let host: Host;
beforeAll(async () => {
  server = await startServer();
  host = await addHost(server.editor);
});
afterAll(() => server.stop());

const ROUNDS = 20;
const removal = (what: 'Service' | 'Node', id: string) =>
  server.editor(`mutation ($input: Remove${what}Input!) { remove${what}(input: $input) { removedAgents } }`, {
    input: { id, force: true },
  });

test('an agent that is added while its service is removed finds none, or goes with it', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const { id: serviceId } = await services.add(server.editor, 'mysql', { nodeId: host.nodeId });
    const facts = { supervisorId: host.supervisorId, serviceId, username: 'u' };
    const [removed, added] = await Promise.all([
      removal('Service', serviceId),
      tryToAdd(server.editor, 'mysqldExporter', facts),
    ]);
    expect(codes(removed)).toEqual([]);
    expect(codes(added)).toEqual(removed.data.removeService.removedAgents === 1 ? [] : ['NOT_FOUND']);
  }
});

test('an agent that is added while its node is removed finds none, or goes with it', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const { nodeId, supervisorId } = await addHost(server.editor);
    const [removed, added] = await Promise.all([
      removal('Node', nodeId),
      tryToAdd(server.editor, 'nodeExporter', { supervisorId }),
    ]);
    expect(codes(removed)).toEqual([]);
    const [code = null] = codes(added);
    expect(code).toBe(removed.data.removeNode.removedAgents === 2 ? null : 'NOT_FOUND');
  }
});

test('the generation counts every change, however many are made at once', async () => {
  const own = await addHost(server.editor);
  const agents = await Promise.all([1, 2, 3, 4].map(() => addOf(server.editor, 'vmAgent', own)));
  await Promise.all([
    ...agents.map(({ id }) => tryToUpdate(server.editor, id, { disabled: true })),
    ...[1, 2, 3].map(() => tryToAdd(server.editor, 'nomadAgent', { supervisorId: own.supervisorId })),
  ]);
  expect((await read(server.viewer, own.supervisorId)).generation).toBe(1 + 4 + 7);
});

test('a registration in the place of a node whose host agent is removed comes before it or after it', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const { nodeId, nodeName, supervisorId } = await addHost(server.editor);
    const { secret } = await issueToken(server.admin, { replacesNodeId: nodeId });
    const [registered, removed] = await Promise.all([
      tryToRegister(server.anonymous, secret, { node: { name: nodeName } }),
      tryToRemove(server.editor, supervisorId),
    ]);
    expect([codes(registered), codes(removed)]).toEqual([[], []]);
  }
});

test('an agent that two remove at once is removed once, and counted and written down once', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const { id, observedService } = await addOf(server.editor, 'mysqldExporter', host);
    const [agentRemoved, serviceRemoved] = await Promise.all([
      tryToRemove(server.editor, id),
      removal('Service', observedService.id),
    ]);
    const byService = dataOf(serviceRemoved).removeService.removedAgents;
    expect(codes(agentRemoved)).toEqual(byService === 1 ? ['NOT_FOUND'] : []);
    const rows = await server.database.query(
      `SELECT FROM audit_event WHERE target_id = $1 AND action = 'agent.remove' AND outcome <> 'REFUSED'`,
      [id],
    );
    expect(rows).toHaveLength(1);
  }
});

test('changes of all kinds at once wait for each other, and never lock each other out', async () => {
  const before = await deadlocksIn(server.database);
  for (let round = 0; round < 8; round++) {
    const [one, other] = await Promise.all([enrol(server.admin), enrol(server.admin)]);
    const place = { nodeId: one.nodeId, nodeName: '', supervisorId: one.agentId };
    const watcher = await addOf(server.editor, 'mysqldExporter', place, { password: 'p' });
    const serviceId = watcher.observedService.id as string;
    const fromElsewhere = { supervisorId: other.agentId, serviceId, username: 'u', password: 'p' };
    const { agent } = (await tryToAdd(server.editor, 'mysqldExporter', fromElsewhere)).data.addAgent;
    const answers = await Promise.all([
      ...[one, other].map(({ secret }, index) => sync(server.as(secret), { agentVersion: `1.${index}` })),
      ...[watcher, agent].map(({ id }) => tryToUpdate(server.editor, id, { disabled: true })),
      services.tryToUpdate(server.editor, serviceId, { port: 3307 }),
      tryToAdd(server.editor, 'mysqldExporter', { ...fromElsewhere, supervisorId: one.agentId }),
      tryToAdd(server.editor, 'rdsExporter', { supervisorId: other.agentId, nodeId: one.nodeId }),
      nodes.tryToUpdate(server.editor, one.nodeId, { model: 'm' }),
      tryToRemove(server.editor, agent.id),
      round % 2 === 0 ? removal('Node', one.nodeId) : tryToRemove(server.editor, one.agentId, { force: true }),
      removal('Service', serviceId),
    ]);
    const told = new Set(answers.flatMap(codes));
    expect([...told].filter((code) => code !== 'NOT_FOUND' && code !== 'UNAUTHENTICATED')).toEqual([]);
  }
  expect(await deadlocksIn(server.database)).toBe(before);
});
