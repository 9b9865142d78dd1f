import { createSchema } from '../../src/schema';
import { idOperations } from '../contract/minimal-operation';
import { wholeRoll } from '../enrolment/roll';
import { codes, dataOf, graphqlClient, type GraphQLClient } from '../support/client';
import { enrol, type Enrolled } from '../support/enrol';
import { makeAgent } from '../support/inventory';
import { startServer, type TestServer } from '../support/server';
import { walk, type Visit } from './selection-walk';

/** What an agent may follow (design: rule 1), by the types that the objects of this test have. */
const MAY_FOLLOW = [
  'Caller.agent',
  'Caller.apiKey',
  'GenericNode.services',
  'HostAgent.runsOn',
  'HostAgent.supervised',
];
const MAY_NOT_FOLLOW = [
  'ApiKey.agent',
  'ApiKey.rotatedFrom',
  'GenericNode.agents',
  'GenericNode.hostAgent',
  'GenericNode.observers',
  'HostAgent.observedNode',
  'HostAgent.observedService',
  'HostAgent.supervisor',
  'PostgreSqlService.agents',
  'PostgreSqlService.node',
  'PostgresExporter.observedNode',
  'PostgresExporter.observedService',
  'PostgresExporter.runsOn',
  'PostgresExporter.supervisor',
];

const schema = createSchema();
let server: TestServer;
let own: Enrolled;
let others: Enrolled;
let agent: GraphQLClient;
/** Every id of the agent's own host. */
let ownIds: string[];
/** A text of the other host that no answer may hold. */
let foreign: string[];
let visits: Visit[];

beforeAll(async () => {
  server = await startServer({ limits: { objects: 10_000_000 } });
  own = await enrol(server.admin, host('alpha', '192.0.2.1'));
  others = await enrol(server.admin, host('bravo', '192.0.2.2'));
  agent = graphqlClient(server.url, own.secret);
  const supervised = await entangle();
  ownIds = [own.agentId, own.nodeId, own.serviceId!, supervised, await keyId(own.agentId)];
  foreign = [others.agentId, others.nodeId, others.serviceId!, await keyId(others.agentId), 'bravo', '192.0.2.2'];
  visits = await walk(schema, agent, 'caller', 9);
});

afterAll(() => server.stop());

test('an agent reaches the five relations that it may follow, and a value behind each', () => {
  const reached = visits.filter(({ objects }) => objects.length > 0).map(({ field }) => field);
  expect(reached).toEqual(expect.arrayContaining(MAY_FOLLOW));
});

test.each(MAY_NOT_FOLLOW)('an agent that follows %s from its own objects is FORBIDDEN, each time', (field) => {
  const tries = visits.filter((visit) => visit.field === field);
  // Where the objects are of other types than the field is asked on, nothing is asked of any.
  const refused = tries.filter(({ answer }) => answer.errors.length > 0);
  expect(refused.length).toBeGreaterThan(0);
  for (const { way, objects } of tries) expect({ way, objects }).toEqual({ way, objects: [] });
  for (const { way, answer } of refused)
    expect({ way, codes: [...new Set(codes(answer))] }).toEqual({ way, codes: ['FORBIDDEN'] });
});

test('an agent is not refused on any other way', () => {
  const refused = visits.filter(({ answer }) => answer.errors.length > 0).map(({ field }) => field);
  const interfaces = ['Node.agents', 'Node.hostAgent', 'Node.observers', 'Service.agents', 'Service.node'];
  const ofAgents = ['Agent.observedNode', 'Agent.observedService', 'Agent.runsOn', 'Agent.supervisor'];
  expect([...MAY_NOT_FOLLOW, ...interfaces, ...ofAgents]).toEqual(expect.arrayContaining([...new Set(refused)]));
});

test('no answer to an agent has an id that is not its own host’s, nor any text of another host', () => {
  expect(visits.length).toBeGreaterThan(100);
  for (const { way, answer, objects } of visits) {
    const strangers = objects.filter(({ id }) => id !== undefined && !ownIds.includes(id as string));
    expect({ way, strangers }).toEqual({ way, strangers: [] });
    for (const text of foreign) expect({ way, told: answer.text.includes(text) && text }).toEqual({ way, told: false });
  }
});

test.each(idOperations(schema))(
  'an agent that gives an id of another host’s at $place is FORBIDDEN, and nothing is changed',
  async ({ withId }) => {
    const before = await wholeRoll(server.database);
    for (const id of foreign.slice(0, 4)) {
      const answer = await agent(...withId(id));
      expect({ id, codes: codes(answer) }).toEqual({ id, codes: ['FORBIDDEN'] });
      expect(answer.text).not.toContain(id);
    }
    expect(await wholeRoll(server.database)).toEqual(before);
  },
);

test.each([
  ['nodeIds', () => ({ nodeIds: [others.nodeId] })],
  ['ids', () => ({ ids: [others.serviceId] })],
  ['name', () => ({ name: { startsWith: 'bravo' } })],
  ['or', () => ({ or: [{ nodeIds: [others.nodeId] }, { ids: [others.serviceId] }] })],
  ['not', () => ({ not: { nodeIds: [own.nodeId] } })],
])('an agent gets no service of another host by the filter %s on its own node’s services', async (_, filter) => {
  const answer = await agent(
    `query ($filter: ServiceFilter) { caller { agent { runsOn { services(filter: $filter) { totalCount nodes { id } } } } } }`,
    { filter: filter() },
  );
  expect(dataOf(answer).caller.agent.runsOn.services).toEqual({ totalCount: 0, nodes: [] });
});

test('an agent gets no agent of another host by a filter on the agents that its own supervises', async () => {
  const answer = await agent(
    `query ($filter: AgentFilter) { caller { agent { supervised(filter: $filter) { totalCount nodes { id } } } } }`,
    { filter: { or: [{ runsOnNodeIds: [others.nodeId] }, { ids: [others.agentId] }] } },
  );
  expect(dataOf(answer).caller.agent.supervised).toEqual({ totalCount: 0, nodes: [] });
});

test('an agent’s list of services does not go on from a cursor of another host’s', async () => {
  const list = `query ($by: NodeBy!) { node(by: $by) { services { pageInfo { endCursor } } } }`;
  const cursor = dataOf(await server.viewer(list, { by: { id: others.nodeId } })).node.services.pageInfo.endCursor;
  const answer = await agent(
    `query ($after: String) { caller { agent { runsOn { services(after: $after) { nodes { id } } } } } }`,
    { after: cursor },
  );
  expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
});

function host(name: string, address: string) {
  return {
    node: { name: `${name}-host`, address, region: name, labels: [{ name: 'owner', value: name }], tags: [name] },
    postgresql: { version: '16.4', cluster: name, address },
    agentVersion: name,
  };
}

/**
 * Ties both hosts together wherever a column allows it: what an agent may not follow has something to tell. Each has an agent that observes
 * the other's service; gives the id of the own one.
 */
async function entangle(): Promise<string> {
  const { database } = server;
  const watching = (enrolled: Enrolled, watched: Enrolled) =>
    makeAgent(database, enrolled.nodeId, enrolled.agentId, {
      type: 'POSTGRES_EXPORTER',
      observed_service_id: watched.serviceId,
      settings: { username: 'watcher' },
    });
  const supervised = await watching(own, others);
  await watching(others, own);
  await database.query('UPDATE api_key SET rotated_from_id = $2 WHERE agent_id = $1', [
    own.agentId,
    await keyId(others.agentId),
  ]);
  return supervised;
}

async function keyId(agentId: string): Promise<string> {
  const [key] = await server.database.query<{ id: string }>('SELECT id FROM api_key WHERE agent_id = $1', [agentId]);
  return key!.id;
}
