import { createDatabase, type TestDatabase } from '../support/database';
import { makeHostAgent, makeNode, makeService } from '../support/inventory';
import { reader, statementsOf, type Reader } from '../support/reader';

let database: TestDatabase;
let read: Reader;

beforeAll(async () => {
  database = await createDatabase();
  read = reader(database);
  for (let count = 0; count < 200; count++) {
    const node = await makeNode(database);
    await makeHostAgent(database, node, { observed_node_id: node }, { last_seen_at: new Date() });
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
