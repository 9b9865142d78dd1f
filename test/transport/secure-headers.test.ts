import { once } from 'node:events';
import { CredentialKind, makeCredential } from '../../src/access/credential';
import { startServer, type TestServer } from '../support/server';
import { rawClient } from './raw-client';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const json = { 'content-type': 'application/json' };
const page = { accept: 'text/html' };
const KEY = makeCredential(CredentialKind.USER_KEY).text;

const ANSWERS: [what: string, path: string, request: RequestInit, status: number][] = [
  ['a probe', '/healthz', {}, 200],
  ['readiness', '/readyz', {}, 200],
  ['readiness, as in PMM', '/v1/readyz', {}, 200],
  ['a HEAD', '/healthz', { method: 'HEAD' }, 200],
  ['an operation', '/graphql', { method: 'POST', headers: json, body: '{"query":"{ version { version } }"}' }, 200],
  ['an operation by GET', '/graphql?query=%7Bversion%7Bversion%7D%7D', { headers: json }, 200],
  ['a faulty operation', '/graphql', { method: 'POST', headers: json, body: '{"query":"{"}' }, 400],
  ['no JSON', '/graphql', { method: 'POST', headers: json, body: '{' }, 400],
  ['an unknown key', '/graphql', { method: 'POST', headers: { ...json, authorization: KEY }, body: '{}' }, 401],
  ['the playground', '/graphql', { headers: page }, 200],
  ['an unknown asset', '/assets/none.js', {}, 404],
  ['the version', '/v1/version', {}, 401],
  ['a registration', '/api/v1/register', { method: 'POST', headers: json, body: '{}' }, 400],
  ['a body that is too large', '/graphql', { method: 'POST', headers: json, body: ' '.repeat(300_000) }, 413],
  ['another content type', '/api/v1/register', { method: 'POST', body: 'x' }, 415],
  ['a preflight', '/graphql', { method: 'OPTIONS' }, 400],
  ['nothing', '/', {}, 404],
  ['a malformed URL', '/%', {}, 400],
];

test.each(ANSWERS)(
  'the answer to %s has the headers that keep browsers from guessing, framing and telling',
  async (...row) => {
    const [, path, request, status] = row;
    const answer = await fetch(server.url + path, request);
    expect(answer.status).toBe(status);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-security-policy': expect.stringMatching(/^default-src 'none';.*frame-ancestors 'none'$/),
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    for (const name of ['server', 'x-powered-by', 'strict-transport-security'])
      expect(answer.headers.get(name)).toBeNull();
  },
);

test('no answer but the playground lets a browser load anything', async () => {
  for (const [what, path, request] of ANSWERS) {
    const policy = (await fetch(server.url + path, request)).headers.get('content-security-policy');
    expect([what, policy?.includes("-src 'self'")]).toEqual([what, what === 'the playground']);
  }
});

test.each([
  ['what is no HTTP', 'NONSENSE\r\n\r\n', 400, 'BAD_REQUEST'],
  ['headers without an end', `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}`, 431, 'HEADERS_TOO_LARGE'],
])('the answer to %s has them too, and repeats nothing', async (_, text, status, code) => {
  const client = rawClient(server.url);
  client.socket.write(text);
  await client.ended;
  const [head = '', body = ''] = client.received().split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(head).toContain("\r\ncontent-security-policy: default-src 'none'");
  expect(head).toContain('\r\nx-content-type-options: nosniff');
  expect(JSON.parse(body)).toEqual({ error: { code, message: expect.not.stringMatching(/NONSENSE|xxx/) } });
});

test('the answer to a request without a host has them too, which Node itself refuses', async () => {
  const client = rawClient(server.url);
  client.socket.write('GET / HTTP/1.1\r\n\r\n');
  await Promise.race([once(client.socket, 'data'), client.ended]);
  expect(client.received()).toMatch(/^HTTP\/1.1 400 [^]*content-security-policy: default-src 'none'/);
  client.socket.destroy();
});

test('a malformed URL is not repeated', async () => {
  expect(await (await fetch(`${server.url}/canary%`)).text()).not.toContain('canary');
});
