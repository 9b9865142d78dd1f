import { createDatabase, type TestDatabase } from '../support/database';
import { makeHostAgent, makeNode, makeService } from '../support/inventory';
import { reader, statementsOf, type Reader } from '../support/reader';

let database: TestDatabase;
let read: Reader;

beforeAll(async () => {
  database = await createDatabase();
  read = reader(database);
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    const node = await makeNode(database, { name });
    await makeHostAgent(database, node);
    for (const service of ['1', '2', '3']) await makeService(database, node, { name: `${name}${service}` });
  }
});
afterAll(() => database.drop());

/** The cursor of the node of this name. */
async function cursorOf(name: string): Promise<string> {
  const { nodes } = await read('{ nodes { edges { cursor node { name } } } }');
  return nodes.edges.find((edge: { node: { name: string } }) => edge.node.name === name).cursor;
}

const PAGE = `query ($first: Int, $after: String, $last: Int, $before: String) {
  nodes(first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { name } } nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }`;

test.each([
  ['the first of many', { first: 2 }, 'ab', true, false],
  ['one in the middle', { first: 2, after: 'b' }, 'cd', true, true],
  ['the last after a cursor', { first: 2, after: 'c' }, 'de', false, true],
  ['all of the list', { first: 5 }, 'abcde', false, false],
  ['the last of many', { last: 2 }, 'de', false, true],
  ['one in the middle, from the end', { last: 2, before: 'd' }, 'bc', true, true],
  ['the first before a cursor', { last: 2, before: 'c' }, 'ab', true, false],
  ['all of the list, from the end', { last: 5 }, 'abcde', false, false],
])('the page that is %s says where it lies', async (_, { after, before, ...size }: Page, names, next, previous) => {
  const cursors = { after: after && (await cursorOf(after)), before: before && (await cursorOf(before)) };
  const { edges, nodes, pageInfo, totalCount } = (await read(PAGE, { ...size, ...cursors })).nodes;
  expect(nodes.map(({ name }: Named) => name).join('')).toBe(names);
  expect(edges.map(({ node }: { node: Named }) => node)).toEqual(nodes);
  expect(pageInfo).toEqual({
    hasNextPage: next,
    hasPreviousPage: previous,
    startCursor: edges.at(0).cursor,
    endCursor: edges.at(-1).cursor,
  });
  expect(totalCount).toBe(5);
});

interface Page {
  first?: number;
  after?: string;
  last?: number;
  before?: string;
}

interface Named {
  name: string;
}

test('an empty page has no cursors', async () => {
  const { nodes } = await read(
    '{ nodes(filter: { ids: [] }) { edges { cursor } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }',
  );
  expect(nodes).toEqual({
    edges: [],
    nodes: [],
    pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    totalCount: 0,
  });
});

test('totalCount counts what the filter leaves, whatever the page holds', async () => {
  const { nodes } = await read(`{ nodes(first: 1, filter: { name: { in: ["a", "b", "c", "x"] } }) { totalCount } }`);
  expect(nodes.totalCount).toBe(3);
});

const counts = (statements: string[]) => statements.filter((statement) => /count\(/i.test(statement));

test.each([
  ['totalCount', 1, 1],
  ['pageInfo { endCursor }', 1, 0],
  ['nodes { id }', 1, 0],
  ['edges { cursor node { id } }', 1, 0],
  ['edges { cursor } nodes { id } pageInfo { hasNextPage }', 1, 0],
  ['nodes { id } totalCount', 2, 1],
  ['__typename', 0, 0],
])(
  'a page of which { %s } is selected is read by %i statements, of which %i count',
  async (selection, all, counting) => {
    const statements = await statementsOf(database, () => read(`{ nodes(first: 2) { ${selection} } }`));
    expect(statements).toHaveLength(all);
    expect(counts(statements)).toHaveLength(counting);
  },
);

test('each parent has its own first page, cursors and count', async () => {
  const { nodes } = await read(
    `{ nodes(first: 3) { nodes { name services(first: 2) { nodes { name } totalCount pageInfo { hasNextPage } }
       one: services(last: 1) { nodes { name } }
       none: services(filter: { name: { eq: "a2" } }) { totalCount } } } }`,
  );
  expect(nodes.nodes).toEqual(
    ['a', 'b', 'c'].map((name) => ({
      name,
      services: {
        nodes: [{ name: `${name}1` }, { name: `${name}2` }],
        totalCount: 3,
        pageInfo: { hasNextPage: true },
      },
      one: { nodes: [{ name: `${name}3` }] },
      none: { totalCount: name === 'a' ? 1 : 0 },
    })),
  );
});

test('a cursor met below one parent goes on there', async () => {
  const page = 'nodes { name services(first: 1) { pageInfo { endCursor } } }';
  const { nodes } = await read(`{ nodes(first: 2) { ${page} } }`);
  const { name, services } = nodes.nodes[1];
  const { node } = await read(
    `query ($name: String!, $after: String) { node(by: { name: $name }) { services(first: 200, after: $after) { nodes { name } } } }`,
    { name, after: services.pageInfo.endCursor },
  );
  expect(node.services.nodes).toEqual([{ name: 'b2' }, { name: 'b3' }]);
});
