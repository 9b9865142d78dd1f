import { codes } from '../support/client';
import { makeAgent, makeHostAgent, makeNode, makeService, makeToken } from '../support/inventory';
import { startServer, type TestServer } from '../support/server';
import { pagedList, pageOf, tryPage, type Page } from './lists';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  const { database } = server;
  const parent = await makeNode(database, { name: 'parent' });
  const supervisor = await makeHostAgent(database, parent);
  for (let index = 0; index < 60; index++) {
    const node = await makeNode(database);
    await makeService(database, parent);
    await makeAgent(database, node, supervisor);
    await makeToken(database);
  }
});
afterAll(() => server.stop());

const LISTS = {
  nodes: pagedList('nodes'),
  services: pagedList('services'),
  agents: pagedList('agents'),
  'registration tokens': pagedList('registrationTokens'),
  'services of a node': pagedList('services', '', 'node(by: { name: "parent" }) { * }'),
  'supervised agents': pagedList('supervised', '', 'node(by: { name: "parent" }) { hostAgent { * } }'),
};

const CURSOR = Buffer.from('["some","cursor","0"]').toString('base64url');

const REFUSED: [what: string, page: Page, path: string][] = [
  ['first: 0', { first: 0 }, 'first'],
  ['first: -1', { first: -1 }, 'first'],
  ['first: 201', { first: 201 }, 'first'],
  ['first: 2147483647', { first: 2_147_483_647 }, 'first'],
  ['last: 0', { last: 0 }, 'last'],
  ['last: -1', { last: -1 }, 'last'],
  ['last: 201', { last: 201 }, 'last'],
  ['first and last', { first: 5, last: 5 }, 'first'],
  ['first and before', { first: 5, before: CURSOR }, 'first'],
  ['after and last', { last: 5, after: CURSOR }, 'after'],
  ['after and before', { after: CURSOR, before: CURSOR }, 'after'],
];

describe.each(Object.entries(LISTS))('the list of %s', (_, list) => {
  test.each(REFUSED)('refuses %s, naming the argument', async (_what, page, path) => {
    const answer = await tryPage(server.admin, list, page);
    expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.errors[0]!.extensions['fields']).toEqual([{ path, message: expect.stringMatching(/^Give .+\.$/) }]);
  });

  test.each([
    ['50 unless a number is given', {}, 50],
    ['50 when the numbers are null', { first: null, last: null, after: null, before: null }, 50],
    ['as many as first says', { first: 7 }, 7],
    ['one', { first: 1 }, 1],
    ['all when there are fewer than 200', { first: 200 }, 'all'],
    ['as many as last says', { last: 7 }, 7],
    ['all from the end when there are fewer than 200', { last: 200 }, 'all'],
  ] as const)('gives %s', async (_what, page, count) => {
    const { nodes, totalCount } = await pageOf(server.admin, list, page);
    expect(totalCount).toBeGreaterThanOrEqual(60);
    expect(nodes).toHaveLength(count === 'all' ? totalCount : count);
  });

  test('goes back from a cursor by 50 unless a number is given', async () => {
    const { edges } = await pageOf(server.admin, list, { last: 1 });
    const { nodes } = await pageOf(server.admin, list, { before: edges[0]!.cursor });
    expect(nodes).toHaveLength(50);
  });
});
