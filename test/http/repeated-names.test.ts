import { issueToken } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { wholeRoll } from '../enrolment/roll';

let server: TestServer;
let token: string;
beforeAll(async () => {
  server = await startServer();
  token = (await issueToken(server.admin)).secret;
});
afterAll(() => server.stop());

async function post(route: string, body: string) {
  const response = await fetch(server.url + route, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body,
  });
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text) };
}

const FAULT = { path: 'body', message: 'Give each key of an object once.' };
const QUERY = 'mutation ($input: RegisterAgentInput!) { registerAgent(input: $input) { agentId } }';

/** A registration by GraphQL, with these members of its input. */
const input = (members: string) => `{"query": "${QUERY}", "variables": {"input": {${members}}}}`;

describe('a body that names a thing twice is refused, whatever it is, and nothing is changed:', () => {
  test.each<[string, (token: string) => string]>([
    ['the token', (good) => `{"token": "rct_other", "hostname": "db-1", "token": "${good}"}`],
    ['the token, the same each time', (good) => `{"token": "${good}", "hostname": "db-1", "token": "${good}"}`],
    ['the token, escaped', (good) => `{"tok\\u0065n": "rct_other", "hostname": "db-1", "token": "${good}"}`],
    ['the hostname', (good) => `{"hostname": "db-1", "token": "${good}", "hostname": "db-2"}`],
    ['what nobody knows, deep inside', (good) => `{"token": "${good}", "hostname": "db-1", "x": [{"a": 1, "a": 2}]}`],
  ])('%s, at POST /api/v1/register', async (_, body) => {
    const before = await wholeRoll(server.database);
    const answer = await post('/api/v1/register', body(token));
    expect([answer.status, answer.body.error]).toMatchObject([400, { code: 'BAD_USER_INPUT', fields: [FAULT] }]);
    expect(await wholeRoll(server.database)).toEqual(before);
  });

  test.each<[string, (token: string) => string]>([
    ['the token', (good) => input(`"token": "rct_other", "node": {"name": "db-1"}, "token": "${good}"`)],
    ['the name of the node', (good) => input(`"token": "${good}", "node": {"name": "db-1", "name": "db-2"}`)],
    [
      'the operation',
      (good) => input(`"token": "${good}", "node": {"name": "db-1"}`).replace('{', '{"query": "{ x }", '),
    ],
  ])('%s, at POST /graphql', async (_, body) => {
    const before = await wholeRoll(server.database);
    const { status, body: told } = await post('/graphql', body(token));
    expect([status, told.errors]).toMatchObject([400, [{ extensions: { code: 'BAD_USER_INPUT', fields: [FAULT] } }]]);
    expect(await wholeRoll(server.database)).toEqual(before);
  });
});

test.each([
  [
    'an argument',
    'mutation { registerAgent(input: {token: "T", node: {name: "a"}}, input: {token: "U", node: {name: "b"}}) { agentId } }',
  ],
  ['a field of an input', 'mutation { registerAgent(input: {token: "T", node: {name: "a"}, token: "U"}) { agentId } }'],
  [
    'a nested field of an input',
    'mutation { registerAgent(input: {token: "T", node: {name: "a", name: "b"}}) { agentId } }',
  ],
  [
    'a variable',
    'mutation ($a: String!, $a: String!) { registerAgent(input: {token: $a, node: {name: "a"}}) { agentId } }',
  ],
  [
    'an operation',
    'mutation M { registerAgent(input: {token: "T", node: {name: "a"}}) { agentId } } query M { version { version } }',
  ],
])('GraphQL that gives %s twice is refused, and nothing is changed', async (_, document) => {
  const before = await wholeRoll(server.database);
  const body = { query: document.replace('"T"', JSON.stringify(token)), operationName: 'M', variables: { a: token } };
  const answer = await post('/graphql', JSON.stringify(body));
  const codes = answer.body.errors.map(({ extensions }: { extensions: { code: string } }) => extensions.code);
  expect([answer.status, new Set(codes)]).toEqual([400, new Set(['GRAPHQL_VALIDATION_FAILED'])]);
  expect(answer.text).not.toContain(token.slice(4, 20));
  expect(await wholeRoll(server.database)).toEqual(before);
});
