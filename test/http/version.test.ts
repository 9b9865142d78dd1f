import { readBuild } from '../../src/version/build';
import { CredentialKind, makeCredential } from '../../src/access/credential';
import { enrol } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';

let server: TestServer;
let agentKey: string;
beforeAll(async () => {
  server = await startServer();
  agentKey = (await enrol(server.admin)).secret;
});
afterAll(() => server.stop());

test.each([
  ['VIEWER', 'Bearer', (key: string) => `Bearer ${key}`],
  ['EDITOR', 'Bearer', (key: string) => `Bearer ${key}`],
  ['ADMIN', 'Basic', (key: string) => `Basic ${Buffer.from(`api_key:${key}`).toString('base64')}`],
] as const)('tells %s by %s what runs here, in the shape of PMM', async (role, _, header) => {
  const { version } = readBuild();
  const part = { version, full_version: expect.stringContaining(version), timestamp: null };
  const answer = await get(header(server.keys[role]));
  expect(answer).toMatchObject({ status: 200, body: { version, server: part, managed: part } });
});

test.each([
  ['without a key', () => undefined],
  ['with an unknown key', () => `Bearer ${makeCredential(CredentialKind.USER_KEY).text}`],
  ['with something else', () => 'Bearer nonsense'],
  ['with an empty header', () => ''],
])('%s it is 401 with WWW-Authenticate, and says nothing of the version', async (_, header) => {
  const answer = await get(header());
  expect(answer).toMatchObject({
    status: 401,
    challenge: 'Bearer realm="rollcall"',
    body: { error: { code: 'UNAUTHENTICATED', request_id: expect.any(String) } },
  });
  expect(JSON.stringify(answer.body)).not.toContain(readBuild().version);
});

test('an agent’s key is 403', async () => {
  expect(await get(`Bearer ${agentKey}`)).toMatchObject({ status: 403, body: { error: { code: 'FORBIDDEN' } } });
});

test('a key in the URL or in a cookie counts for nothing', async () => {
  const key = server.keys.ADMIN;
  const response = await fetch(`${server.url}/v1/version?api_key=${key}&access_token=${key}`, {
    headers: { cookie: `session=${key}; authorization=Bearer ${key}`, 'x-api-key': key },
  });
  expect(response.status).toBe(401);
});

async function get(authorization: string | undefined) {
  const response = await fetch(`${server.url}/v1/version`, {
    headers: authorization === undefined ? {} : { authorization },
  });
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    body: (await response.json()) as Record<string, unknown>,
  };
}
