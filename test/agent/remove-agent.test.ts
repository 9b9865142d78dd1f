import { randomUUID } from 'node:crypto';
import { wholeRoll } from '../enrolment/roll';
import * as nodes from '../node/node-requests';
import { codes, dataOf } from '../support/client';
import { enrol, sync } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { factsOf, KIND_NAMES } from './agent-kinds';
import { add, addHost, addOf, generationOf, read, remove, tryToAdd, tryToRemove, type Host } from './agent-requests';

let server: TestServer;
let host: Host;
beforeAll(async () => {
  server = await startServer();
  host = await addHost(server.editor);
});
afterAll(() => server.stop());

test.each(KIND_NAMES)('an agent of kind %s goes, with its secrets; its host agent is told', async (kind) => {
  const secrets = Object.fromEntries(factsOf(kind).secrets.map((field) => [field, 's']));
  const agent = await addOf(server.editor, kind, host, secrets);
  const before = await generationOf(server.viewer, host.supervisorId);
  expect(await remove(server.editor, agent.id)).toEqual({ agentId: agent.id, removedAgents: 0, revokedApiKeys: 0 });
  expect(await read(server.viewer, agent.id)).toBeNull();
  const left = await server.database.query('SELECT FROM agent_secret WHERE agent_id = $1', [agent.id]);
  expect(left).toEqual([]);
  const raise = kind === 'externalExporter' ? 0 : 1;
  expect(await generationOf(server.viewer, host.supervisorId)).toBe(before + raise);
  const rows = await server.database.query(
    `SELECT actor_name, target_name FROM audit_event WHERE target_id = $1 AND action = 'agent.remove'`,
    [agent.id],
  );
  expect(rows).toEqual([{ actor_name: 'editor of the test', target_name: `${agent.type} on ${host.nodeName}` }]);
});

/** A host agent with a key, and two agents that it starts and stops. */
async function populated() {
  const { agentId, nodeId, secret } = await enrol(server.admin);
  const own = { nodeId, supervisorId: agentId, nodeName: '' };
  const supervised = [await addOf(server.editor, 'vmAgent', own), await addOf(server.editor, 'mysqldExporter', own)];
  return { agentId, nodeId, secret, supervised: supervised.map(({ id }) => id as string) };
}

test('what a host agent starts and stops refuses its removal, counted, and nothing is changed', async () => {
  const { agentId } = await populated();
  const before = await wholeRoll(server.database);
  for (const dryRun of [false, true])
    expect((await tryToRemove(server.editor, agentId, { dryRun })).errors[0]).toMatchObject({
      message: 'This agent has 2 agents: remove them first, or give force.',
      extensions: { code: 'FAILED_PRECONDITION', dependants: { services: 0, agents: 2 } },
    });
  expect(await wholeRoll(server.database)).toEqual(before);
});

test('by force they go with it, and its keys end; node and services stay', async () => {
  const { agentId, nodeId, secret, supervised } = await populated();
  const payload = { agentId, removedAgents: 2, revokedApiKeys: 1 };
  const before = await wholeRoll(server.database);
  expect(await remove(server.editor, agentId, { force: true, dryRun: true })).toEqual(payload);
  expect(await wholeRoll(server.database)).toEqual(before);
  dataOf(await sync(server.as(secret)));
  expect(await remove(server.editor, agentId, { force: true })).toEqual(payload);
  for (const id of [agentId, ...supervised]) expect(await read(server.viewer, id)).toBeNull();
  expect((await sync(server.as(secret))).errors[0]!.extensions).toMatchObject({ reason: 'AGENT_REMOVED' });
  expect(await nodes.read(server.viewer, nodeId)).toMatchObject({ id: nodeId, status: 'UNKNOWN' });
  await add(server.editor, 'hostAgent', { nodeId });
});

test('a host agent that starts and stops nothing goes without force', async () => {
  const { agentId } = await enrol(server.admin);
  expect(await remove(server.editor, agentId)).toMatchObject({ removedAgents: 0, revokedApiKeys: 1 });
});

test('the agents that observe a service refuse its removal, go with it by force, and each of their host agents is told', async () => {
  const agent = await addOf(server.editor, 'mysqldExporter', host, { password: 'p' });
  const [second, bystander] = [await addHost(server.editor), await addHost(server.editor)];
  const place = { supervisorId: second.supervisorId, serviceId: agent.observedService.id, username: 'u' };
  for (const kind of ['mysqldExporter', 'qanMysqlSlowlogAgent']) await add(server.editor, kind, place);
  const generations = () =>
    Promise.all([host, second, bystander].map(({ supervisorId }) => generationOf(server.viewer, supervisorId)));
  const query = 'mutation ($input: RemoveServiceInput!) { removeService(input: $input) { removedAgents } }';
  const of = (force: boolean) => server.editor(query, { input: { id: agent.observedService.id, force } });
  const before = await generations();
  expect((await of(false)).errors[0]!.extensions).toMatchObject({
    code: 'FAILED_PRECONDITION',
    dependants: { services: 0, agents: 3 },
  });
  expect(await generations()).toEqual(before);
  expect(dataOf(await of(true)).removeService).toEqual({ removedAgents: 3 });
  expect(await read(server.viewer, agent.id)).toBeNull();
  expect(await generations()).toEqual([before[0]! + 1, before[1]! + 1, before[2]]);
});

test('a node goes by force with all agents on it, and those elsewhere that observe it or its services', async () => {
  const { nodeId, supervised } = await populated();
  const watched = await read(server.viewer, supervised[1]!);
  const given = { supervisorId: host.supervisorId, serviceId: watched.observedService.id, username: 'u' };
  const elsewhere = await add(server.editor, 'mysqldExporter', given);
  const before = await generationOf(server.viewer, host.supervisorId);
  const query = 'mutation ($input: RemoveNodeInput!) { removeNode(input: $input) { removedServices removedAgents } }';
  const { removeNode } = dataOf(await server.editor(query, { input: { id: nodeId, force: true } }));
  expect(removeNode).toEqual({ removedServices: 1, removedAgents: 4 });
  expect(await read(server.viewer, elsewhere.id)).toBeNull();
  expect(await generationOf(server.viewer, host.supervisorId)).toBe(before + 1);
});

test('an agent that is added while its host agent is removed finds none, or goes with it', async () => {
  for (let round = 0; round < 20; round++) {
    const { supervisorId } = await addHost(server.editor);
    const [removed, added] = await Promise.all([
      tryToRemove(server.editor, supervisorId, { force: true }),
      tryToAdd(server.editor, 'vmAgent', { supervisorId }),
    ]);
    expect(codes(removed)).toEqual([]);
    expect(codes(added)).toEqual(removed.data.removeAgent.removedAgents === 1 ? [] : ['NOT_FOUND']);
  }
});

test.each([randomUUID(), '', 'nonsense'])('there is no agent %j', async (id) => {
  expect(codes(await tryToRemove(server.editor, id, { force: true }))).toEqual(['NOT_FOUND']);
});

test('it is for editors: not for viewers, agents, and whoever has no key', async () => {
  const { agentId, secret } = await enrol(server.admin);
  for (const [client, code] of [
    [server.viewer, 'FORBIDDEN'],
    [server.as(secret), 'FORBIDDEN'],
    [server.anonymous, 'UNAUTHENTICATED'],
  ] as const)
    expect(codes(await tryToRemove(client, agentId))).toEqual([code]);
});
