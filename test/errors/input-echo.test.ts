import { CredentialKind, makeCredential } from '../../src/access/credential';
import { codes, type Answer } from '../support/client';
import { startServer, type TestServer } from '../support/server';

/** Something that must never come back: a secret, and a text that looks like nothing in particular. */
const TOKEN = makeCredential(CredentialKind.REGISTRATION_TOKEN).text;
const CANARY = 'kanarienvogel';
const REGISTER = 'mutation ($input: RegisterAgentInput!) { registerAgent(input: $input) { agentId } }';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

describe('a fault in a variable is BAD_USER_INPUT, names the place, and repeats nothing', () => {
  const faults: [string, string, string, Record<string, unknown>][] = [
    ['a required field is missing beside a token', 'input.node', REGISTER, { input: { token: TOKEN } }],
    [
      'a nested required field is missing',
      'input.node.name',
      REGISTER,
      { input: { token: TOKEN, node: { os: CANARY } } },
    ],
    ['a field is of another type', 'input.node', REGISTER, { input: { token: TOKEN, node: CANARY } }],
    [
      'a nested field is null',
      'input.node.name',
      REGISTER,
      { input: { token: TOKEN, node: { name: null, os: CANARY } } },
    ],
    ['a number stands for text', 'input.token', REGISTER, { input: { token: 424242, node: { name: 'a' } } }],
    [
      'a list holds another type',
      'input.node.tags[1]',
      REGISTER,
      registration({ node: { name: 'a', tags: [CANARY, 7] } }),
    ],
    ['a field is unknown', 'input', REGISTER, registration({ [CANARY]: CANARY })],
    ['a UUID is none', 'input.registrationId', REGISTER, registration({ registrationId: TOKEN })],
    [
      'a port is no Int',
      'input.postgresql.port',
      REGISTER,
      registration({ postgresql: { version: '16', port: 1e12 } }),
    ],
    ['a whole variable is of another type', 'input', REGISTER, { input: TOKEN }],
    ['a whole variable is missing', 'input', REGISTER, {}],
    ['a whole variable is null', 'input', REGISTER, { input: null }],
    [
      'a variable is named like a token',
      '[credential]',
      `query ($${TOKEN}: Int) { nodes(first: $${TOKEN}) { totalCount } }`,
      { [TOKEN]: CANARY },
    ],
    [
      'a needed variable is named like a token',
      '[credential]',
      `query ($${TOKEN}: ID!) { agent(id: $${TOKEN}) { id } }`,
      {},
    ],
    ['a Duration is none', 'input.ttl', issue(), { input: { ttl: CANARY } }],
    [
      'an enum has no such value',
      'orderBy.field',
      nodes('$orderBy: NodeOrder', 'orderBy: $orderBy'),
      { orderBy: { field: CANARY, direction: 'ASC' } },
    ],
    ['an instant is none', 'filter.expiresBefore', tokens(), { filter: { expiresBefore: CANARY } }],
    ['@oneOf gets two', 'by', node(), { by: { id: CANARY, name: CANARY } }],
    ['@oneOf gets none', 'by', node(), { by: {} }],
    ['@oneOf gets a null', 'by.name', node(), { by: { name: null } }],
    [
      '@oneOf is filled by a variable that is null',
      'by',
      'query ($name: String) { node(by: { name: $name }) { id } }',
      { name: null },
    ],
    [
      '@oneOf is filled by a variable that is absent',
      'by',
      'query ($name: String) { node(by: { name: $name }) { id } }',
      {},
    ],
  ];
  test.each(faults)('%s', async (_, path, query, variables) => {
    const answer = await server.admin(query, variables);
    expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.errors[0]!.extensions['fields']).toEqual([{ path, message: expect.stringMatching(/\.$/) }]);
    expectNothingRepeated(answer);
  });
});

describe('a fault in a literal is GRAPHQL_VALIDATION_FAILED and repeats nothing', () => {
  test.each([
    [
      'a number for a token',
      `mutation { registerAgent(input: { token: 424242424242, node: { name: "a" } }) { agentId } }`,
    ],
    ['a token for an input', `mutation { registerAgent(input: "${TOKEN}") { agentId } }`],
    ['a token for an Int', `{ nodes(first: "${TOKEN}") { totalCount } }`],
    ['a token for a UUID', `mutation { syncAgent(input: { bootId: "${TOKEN}" }) { generation } }`],
    ['a text for a Duration', `mutation { issueRegistrationToken(input: { ttl: "${CANARY}" }) { secret } }`],
    ['a text for an instant', `{ registrationTokens(filter: { expiresBefore: "${CANARY}" }) { totalCount } }`],
    ['a block text for an Int', `{ nodes(first: """\n${TOKEN}\n""") { totalCount } }`],
    ['a name for an enum', `{ nodes(orderBy: { field: ${CANARY}, direction: ASC }) { totalCount } }`],
    ['a text for an enum', `{ nodes(orderBy: { field: "${TOKEN}", direction: ASC }) { totalCount } }`],
    ['a list for a text', `{ agent(id: ["${TOKEN}"]) { id } }`],
    ['an object for a text', `{ agent(id: { text: "${TOKEN}" }) { id } }`],
    ['a text with a semicolon for an input', `{ nodes(filter: { labels: "a;${CANARY}" }) { totalCount } }`],
    ['two of @oneOf', `{ node(by: { id: "${TOKEN}", name: "${CANARY}" }) { id } }`],
    ['null for a needed argument', `{ agent(id: null, other: "${TOKEN}") { id } }`],
    ['a field that is named like a token', `{ ${TOKEN} }`],
    ['an argument that is named like a token', `{ nodes(${TOKEN}: 1) { totalCount } }`],
    ['a variable of a type that is named like a token', `query ($v: ${TOKEN}) { version { version } }`],
    ['a default that does not fit', `query ($first: Int = "${TOKEN}") { nodes(first: $first) { totalCount } }`],
  ])('%s', async (_, query) => {
    const answer = await server.admin(query);
    expect(answer.status).toBe(400);
    expect(new Set(codes(answer))).toEqual(new Set(['GRAPHQL_VALIDATION_FAILED']));
    expectNothingRepeated(answer);
  });
});

describe('text that is no GraphQL is GRAPHQL_PARSE_FAILED and repeats nothing', () => {
  test.each([
    ['a token in quotes out of place', `{ version "${TOKEN}" }`],
    ['a token as a name out of place', `{ version } ${TOKEN}`],
    ['a token in a block text out of place', `{ version """${TOKEN}""" }`],
    ['a text that does not end', `{ agent(id: "${TOKEN}`],
    ['a number that runs into a text', `{ nodes(first: 1${CANARY}) { totalCount } }`],
    ['a character that is none of GraphQL’s', `{ agent(id: \u0007${TOKEN}) { id } }`],
    ['an escape that is none', `{ agent(id: "\\q${TOKEN}") { id } }`],
    ['a token alone', TOKEN],
  ])('%s', async (_, query) => {
    const answer = await server.admin(query);
    expect(answer.status).toBe(400);
    expect(codes(answer)).toEqual(['GRAPHQL_PARSE_FAILED']);
    expectNothingRepeated(answer);
  });
});

test('the name of an operation that there is not is not repeated', async () => {
  for (const operationName of [CANARY, TOKEN, `"${CANARY}".`, CANARY.repeat(1000)]) {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'query A { __typename }', operationName }),
    });
    const text = await response.text();
    expect(text).toContain('"OPERATION_RESOLUTION_FAILURE"');
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain(TOKEN.slice(4, 16));
  }
});

test('what use cases refuse themselves repeats nothing either', async () => {
  const answers = [
    await server.anonymous(REGISTER, { input: { token: CANARY, node: { name: 'a' } } }),
    await server.anonymous(REGISTER, { input: { token: TOKEN, node: { name: 'a' } } }),
    await server.anonymous(REGISTER, { input: { token: TOKEN, node: { name: `-${CANARY}` } } }),
    await server.admin('query ($after: String) { nodes(after: $after) { totalCount nodes { id } } }', {
      after: CANARY,
    }),
    await server.admin(nodes('$filter: NodeFilter', 'filter: $filter'), { filter: { name: { contains: 'ka' } } }),
    await server.admin(issue(), { input: { nodeName: `*${CANARY}*\n` } }),
  ];
  // The place of an error is told by the client's own aliases: in the answer, but not in the log.
  expect(codes(await server.anonymous(`{ ${TOKEN}: agent(id: "x") { id } }`))).toEqual(['UNAUTHENTICATED']);
  for (const answer of answers) {
    expect(answer.errors).toHaveLength(1);
    expectNothingRepeated(answer);
  }
});

test('the log of all of this holds neither', () => {
  expect(server.log.length).toBeGreaterThan(40);
  const log = server.log.join('\n');
  expect(log).not.toContain(CANARY);
  expect(log).not.toContain(TOKEN.slice(4, 16));
  expect(log).not.toContain(TOKEN.slice(17, 30));
});

function expectNothingRepeated({ text }: Answer): void {
  for (const secret of [CANARY, '424242', TOKEN.slice(4, 16), TOKEN.slice(17, 30)]) expect(text).not.toContain(secret);
  expect(text).not.toMatch(/stack|node_modules/);
}

function registration(more: object): Record<string, unknown> {
  return { input: { token: TOKEN, node: { name: 'a' }, ...more } };
}

function issue(): string {
  return 'mutation ($input: IssueRegistrationTokenInput!) { issueRegistrationToken(input: $input) { secret } }';
}

function node(): string {
  return 'query ($by: NodeBy!) { node(by: $by) { id } }';
}

function nodes(declared: string, given: string): string {
  return `query (${declared}) { nodes(${given}) { nodes { id } } }`;
}

function tokens(): string {
  return 'query ($filter: RegistrationTokenFilter) { registrationTokens(filter: $filter) { totalCount } }';
}
