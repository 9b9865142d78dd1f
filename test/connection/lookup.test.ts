import { InvalidInput } from '../../src/errors';
import { onlyOne } from '../../src/only-one';
import { codes, dataOf } from '../support/client';
import { makeHostAgent, makeNode, makeService } from '../support/inventory';
import { startServer, type TestServer } from '../support/server';

let server: TestServer;
let ids: { node: string; service: string; agent: string };

beforeAll(async () => {
  server = await startServer();
  const { database } = server;
  const node = await makeNode(database, { name: 'Db-1.Example' });
  const service = await makeService(database, node, { name: 'Übung "1"' });
  ids = { node, service, agent: await makeHostAgent(database, node) };
});
afterAll(() => server.stop());

const UNKNOWN = '00000000-0000-7000-8000-000000000000';
const BY_NAME = { node: 'Db-1.Example', service: 'Übung "1"' };
const TYPES = { node: 'NodeBy', service: 'ServiceBy' };

/** Looks for a node or a service by the value of a variable. */
function find(what: 'node' | 'service', by: unknown) {
  return server.viewer(`query ($by: ${TYPES[what]}!) { ${what}(by: $by) { id name } }`, { by });
}

describe.each(['node', 'service'] as const)('a %s', (what) => {
  test('is found by its id, whatever its case', async () => {
    for (const id of [ids[what], ids[what].toUpperCase()])
      expect(dataOf(await find(what, { id }))[what]).toEqual({ id: ids[what], name: BY_NAME[what] });
  });

  test('is found by its name, whatever its case, and shown as it was given', async () => {
    const name = BY_NAME[what];
    for (const asked of [name, name.toLowerCase(), name.toUpperCase()])
      expect(dataOf(await find(what, { name: asked }))[what]).toEqual({ id: ids[what], name });
  });

  test.each([
    ['an unknown id', { id: UNKNOWN }],
    ['a malformed id', { id: 'x' }],
    ['an empty id', { id: '' }],
    ['an id with NUL', { id: '\u0000' }],
    ['an unknown name', { name: 'nobody' }],
    ['an empty name', { name: '' }],
    ['a part of a name', { name: 'Db' }],
    ['a pattern', { name: '%' }],
    ['an id, given as a name', { name: UNKNOWN }],
  ])('is null by %s', async (_, by) => {
    expect(dataOf(await find(what, by))).toEqual({ [what]: null });
  });

  test.each([
    ['both', { id: UNKNOWN, name: 'x' }],
    ['neither', {}],
    ['a null id', { id: null }],
    ['a null name', { name: null }],
    ['an id and a null name', { id: UNKNOWN, name: null }],
    ['nothing at all', null],
    ['a name with NUL', { name: 'canary\u0000' }],
    ['a name that is no text', { name: ['canary', 'canary'] }],
    ['an unknown field', { canary: 'x' }],
  ])('asked for by %s in a variable is BAD_USER_INPUT', async (_, by) => {
    const answer = await find(what, by);
    expect(new Set(codes(answer))).toEqual(new Set(['BAD_USER_INPUT']));
    expect(answer.errors[0]!.extensions['fields']).toHaveLength(1);
    expect(answer.text).not.toContain('canary');
  });

  test.each([
    ['both', '{ id: "canary", name: "x" }'],
    ['neither', '{}'],
    ['a null id', '{ id: null }'],
    ['an id and a null name', '{ id: "canary", name: null }'],
    ['nothing at all', 'null'],
  ])('asked for by %s in the text of the query is GRAPHQL_VALIDATION_FAILED', async (_, by) => {
    const answer = await server.viewer(`{ ${what}(by: ${by}) { id } }`);
    expect(codes(answer)).toEqual(['GRAPHQL_VALIDATION_FAILED']);
    expect(answer.text).not.toContain('canary');
  });

  test.each([
    ['null', 'String', { name: null }],
    ['nothing', 'String', {}],
  ])('asked for by a name that is a variable with %s is refused', async (_, type, variables) => {
    const answer = await server.viewer(`query ($name: ${type}) { ${what}(by: { name: $name }) { id } }`, variables);
    expect(['BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED']).toContain(codes(answer)[0]);
  });
});

test('an agent is found by its id, whatever its case', async () => {
  for (const id of [ids.agent, ids.agent.toUpperCase()])
    expect(
      dataOf(await server.viewer('query ($id: ID!) { agent(id: $id) { id runsOn { id } } }', { id })).agent,
    ).toEqual({
      id: ids.agent,
      runsOn: { id: ids.node },
    });
});

test.each([UNKNOWN, 'x', '', '\u0000', 7])('an agent with the id %j is null', async (id) => {
  expect(dataOf(await server.viewer('query ($id: ID!) { agent(id: $id) { id } }', { id }))).toEqual({ agent: null });
});

test('a registration token with an id that there is not is null', async () => {
  for (const id of [UNKNOWN, 'x', ''])
    expect(dataOf(await server.admin('query ($id: ID!) { registrationToken(id: $id) { id } }', { id }))).toEqual({
      registrationToken: null,
    });
});

test('several look-ups in one query are told apart', async () => {
  const { id } = { id: ids.node };
  const data = dataOf(
    await server.viewer(
      `query ($id: ID!) { a: node(by: { id: $id }) { name } b: node(by: { name: "db-1.EXAMPLE" }) { id }
         c: node(by: { name: "nobody" }) { id } d: service(by: { name: "Db-1.Example" }) { id } }`,
      { id },
    ),
  );
  expect(data).toEqual({ a: { name: BY_NAME.node }, b: { id }, c: null, d: null });
});

describe('what an executor lets pass that @oneOf forbids', () => {
  test.each([[{ id: UNKNOWN, name: 'x' }], [{}], [{ id: null }], [{ id: null, name: undefined }]])(
    'is refused by the use case: %j',
    (by) => {
      expect(() => onlyOne(by, 'by')).toThrow(
        new InvalidInput([{ path: 'by', message: 'Give exactly one of its fields.' }]),
      );
    },
  );

  test('is taken when exactly one field has a value', () => {
    expect(onlyOne({ id: null, name: 'x' }, 'by')).toEqual(['name', 'x']);
  });
});
