import { createDatabase, type TestDatabase } from '../support/database';
import { makeAgent, makeHostAgent, makeNode, makeService } from '../support/inventory';
import { reader, statementsOf, type Reader } from '../support/reader';

let database: TestDatabase;
let read: Reader;

beforeAll(async () => {
  database = await createDatabase();
  read = reader(database);
  for (let count = 0; count < 200; count++) {
    const node = await makeNode(database);
    await makeAgent(database, node, await makeHostAgent(database, node, {}, { last_seen_at: new Date() }));
    for (let service = 0; service < 2; service++) await makeService(database, node);
  }
});
afterAll(() => database.drop());

const NODES = `query ($first: Int) { list: nodes(first: $first) { totalCount pageInfo { hasNextPage } nodes {
  id name status lastSeenAt labels { name } tags
  hostAgent { id status lastSeenAt syncIntervalSeconds runsOn { name status } supervised { totalCount } supervisor { id } }
  services(first: 200) { totalCount nodes { id name node { name } agents { nodes { id } } } }
  agents(first: 200) { totalCount nodes { id status runsOn { id } observedNode { name } observedService { name } } }
  observers { nodes { id status } }
} } }`;

const SERVICES = `query ($first: Int) { list: services(first: $first) { nodes {
  id node { name status hostAgent { status } services { totalCount } } agents { nodes { status } } } } }`;

const AGENTS = `query ($first: Int) { list: agents(first: $first) { nodes {
  id status runsOn { name status services { nodes { name } } } observedNode { name agents { totalCount } } } } }`;

test.each([
  ['nodes', NODES],
  ['services', SERVICES],
  ['agents', AGENTS],
])('%s with all that belongs to them cost as many statements for 200 as for two', async (_, query) => {
  const cost = async (first: number) => {
    const statements = await statementsOf(database, async () => {
      expect((await read(query, { first })).list.nodes).toHaveLength(first);
    });
    return statements.length;
  };
  const forTwo = await cost(2);
  // A listener that hears nothing would find nothing to differ.
  expect(forTwo).toBeGreaterThan(4);
  expect(await cost(200)).toBe(forTwo);
});

async function costOfChildren(selection: string): Promise<number> {
  return (await statementsOf(database, () => read(`{ nodes { nodes { ${selection} } } }`))).length;
}

test('two aliases that ask alike for children cost no more than one', async () => {
  const one = await costOfChildren('services(first: 3) { nodes { id } }');
  expect(
    await costOfChildren('a: services(first: 3) { nodes { id } } b: services(first: 3) { nodes { id name } }'),
  ).toBe(one);
});

test('50 nodes with 20 services each, and 20 agents each of those, cost a statement a level', async () => {
  await database.query(`
    INSERT INTO node (id, type, name, address)
      SELECT md5('node' || number)::uuid, 'GENERIC', '0-' || number, 'a' FROM generate_series(0, 49) AS number;
    INSERT INTO service (id, type, name, node_id)
      SELECT md5('service' || number)::uuid, 'HAPROXY', number, md5('node' || number % 50)::uuid
      FROM generate_series(0, 1049) AS number;
    INSERT INTO agent (id, type, enrolled_by, runs_on_node_id)
      SELECT md5('host')::uuid, 'HOST_AGENT', 'TOKEN', md5('node0')::uuid;
    INSERT INTO agent (id, type, runs_on_node_id, supervisor_id, observed_service_id)
      SELECT md5('agent' || number)::uuid, 'POSTGRES_EXPORTER', md5('node0')::uuid, md5('host')::uuid, md5('service' || number % 1050)::uuid
      FROM generate_series(0, 22049) AS number`);
  let nodes: { services: { nodes: { agents: { edges: unknown[] } }[] } }[] = [];
  const statements = await statementsOf(database, async () => {
    ({ nodes } = (
      await read(`{ nodes(first: 50) { nodes { id name services(first: 20) { nodes { id name type
        agents(first: 20) { pageInfo { hasNextPage } edges { cursor node { id type } } } } } } } }`)
    ).nodes);
  });
  const services = nodes.flatMap((node) => node.services.nodes);
  const agents = services.flatMap((service) => service.agents.edges);
  expect([nodes.length, services.length, agents.length]).toEqual([50, 1000, 20_000]);
  expect(statements).toHaveLength(3);
});
