import { startServer, type TestServer } from '../support/server';

const ALLOWED = 'https://console.example';
const PREFLIGHT = {
  method: 'OPTIONS',
  headers: { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
};
const OPERATION = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"query":"{ version { version } }"}',
};

interface Request {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

let open: TestServer;
let closed: TestServer;
beforeAll(async () => {
  open = await startServer({ cors: { origins: [ALLOWED, 'http://localhost:3000'] } });
  closed = await startServer();
});
afterAll(() => Promise.all([open.stop(), closed.stop()]));

async function ask({ url }: TestServer, path: string, origin: string, request: Request = {}): Promise<Response> {
  return fetch(url + path, { ...request, headers: { ...request.headers, origin } });
}

async function vary(path: string, origin: string): Promise<string | null> {
  return (await ask(open, path, origin)).headers.get('vary');
}

function corsHeaders({ headers }: Response): string[] {
  return [...headers.keys()].filter((name) => name.startsWith('access-control-'));
}

test.each([
  ['an operation', '/graphql', OPERATION],
  ['a preflight', '/graphql', PREFLIGHT],
  ['a probe', '/healthz', {}],
])('by default nothing is said of CORS: %s', async (_, path, request) => {
  expect(corsHeaders(await ask(closed, path, ALLOWED, request))).toEqual([]);
});

test.each([
  'https://console.example.evil.example',
  'http://console.example',
  'https://console.example:8443',
  'https://other.example',
  'HTTPS://CONSOLE.EXAMPLE',
  'null',
])('an origin that is not exactly one of cors.origins is not let in: %s', async (origin) => {
  expect(corsHeaders(await ask(open, '/graphql', origin, OPERATION))).toEqual([]);
  expect(corsHeaders(await ask(open, '/graphql', origin, PREFLIGHT))).toEqual([]);
});

test('a script of an allowed origin may read the answer, and when to try again; its browser adds no credentials', async () => {
  const answer = await ask(open, '/graphql', ALLOWED, OPERATION);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('access-control-allow-origin')).toBe(ALLOWED);
  expect(answer.headers.get('access-control-expose-headers')).toBe('x-request-id, retry-after, www-authenticate');
  expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
});

test('a script of an allowed origin may read a refusal, too', async () => {
  const answer = await ask(open, '/v1/version', ALLOWED);
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([401, ALLOWED]);
});

test('its preflight is answered for any route, with the headers that a client needs', async () => {
  for (const path of ['/graphql', '/api/v1/register', '/v1/version']) {
    const answer = await ask(open, path, 'http://localhost:3000', PREFLIGHT);
    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': 'http://localhost:3000',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization, content-type, apollo-require-preflight',
      'access-control-max-age': '600',
    });
  }
});

test('caches are told that answers differ by origin, beside what the route says', async () => {
  expect(await vary('/healthz', ALLOWED)).toBe('origin');
  expect(await vary('/healthz', 'https://other.example')).toBe('origin');
  expect(await vary('/graphql', ALLOWED)).toBe('accept, origin');
});
