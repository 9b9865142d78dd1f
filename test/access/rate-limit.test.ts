import { codes, type Answer } from '../support/client';
import { issueToken } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';

const LIMIT = 4;
const REGISTER = `mutation ($input: RegisterAgentInput!) { registerAgent(input: $input) { agentId } }`;
const INPUT = { token: 'no token', node: { name: 'some-host' } };

describe('attempts to register from one address', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({
      limits: { registrationsPerMinute: LIMIT },
      trustedProxies: ['127.0.0.1'],
    });
  });
  afterAll(() => server.stop());

  test('count together over GraphQL and plain HTTP, and those beyond the limit are told when to come back', async () => {
    const address = '198.51.100.1';
    expect(codes(await byGraphQL(address))).toEqual(['TOKEN_INVALID']);
    expect((await byHttp(address)).status).toBe(401);
    expect(codes(await byGraphQL(address))).toEqual(['TOKEN_INVALID']);
    expect((await byHttp(address)).status).toBe(401);

    const refused = await byGraphQL(address);
    expect(codes(refused)).toEqual(['RATE_LIMITED']);
    const { retryAfterSeconds } = refused.errors[0]!.extensions as { retryAfterSeconds: number };
    expect(retryAfterSeconds).toBeGreaterThanOrEqual(1);
    expect(retryAfterSeconds).toBeLessThanOrEqual(60);

    const refusedToo = await byHttp(address);
    expect(refusedToo.status).toBe(429);
    expect(Number(refusedToo.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await refusedToo.json()).toMatchObject({ error: { code: 'RATE_LIMITED' } });
  });

  test('do not count for another address', async () => {
    await spend('198.51.100.2');
    expect(codes(await byGraphQL('198.51.100.2'))).toEqual(['RATE_LIMITED']);
    expect(codes(await byGraphQL('198.51.100.3'))).toEqual(['TOKEN_INVALID']);
  });

  test('count when they are malformed, before anything is looked at', async () => {
    const address = '198.51.100.4';
    for (let time = 0; time < LIMIT; time++)
      expect(codes(await byGraphQL(address, { ...INPUT, node: { name: '-' } }))).toEqual(['BAD_USER_INPUT']);
    expect(codes(await byGraphQL(address))).toEqual(['RATE_LIMITED']);
  });

  test('beyond the limit spend no use of a good token', async () => {
    const { secret, token } = await issueToken(server.admin);
    await spend('198.51.100.6');
    expect(codes(await byGraphQL('198.51.100.6', { ...INPUT, token: secret }))).toEqual(['RATE_LIMITED']);
    const [row] = await server.database.query<{ uses: number }>('SELECT uses FROM registration_token WHERE id = $1', [
      token.id,
    ]);
    expect(row!.uses).toBe(0);
  });

  test('leave everything else alone', async () => {
    await spend('198.51.100.7');
    expect(codes(await byGraphQL('198.51.100.7', INPUT, '{ version { version } }'))).toEqual([]);
  });

  async function spend(address: string, times = LIMIT): Promise<void> {
    for (let time = 0; time < times; time++) await byGraphQL(address);
  }

  async function byGraphQL(address: string, input: object = INPUT, query = REGISTER): Promise<Answer> {
    const response = await post('/graphql', address, { query, variables: { input } });
    const text = await response.text();
    const { data, errors = [] } = JSON.parse(text) as Partial<Answer>;
    return { status: response.status, headers: response.headers, data, errors, text };
  }

  function byHttp(address: string): Promise<Response> {
    return post('/api/v1/register', address, { token: 'no token', hostname: 'some-host' });
  }

  function post(route: string, address: string, body: object): Promise<Response> {
    return fetch(server.url + route, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
      body: JSON.stringify(body),
    });
  }
});

test('an address that no trusted proxy vouches for is not believed', async () => {
  const server = await startServer({ limits: { registrationsPerMinute: 1 } });
  try {
    const statuses = [];
    for (const address of ['198.51.100.1', '198.51.100.2']) {
      const response = await fetch(`${server.url}/api/v1/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
        body: JSON.stringify({ token: 'no token', hostname: 'some-host' }),
      });
      statuses.push(response.status);
    }
    expect(statuses).toEqual([401, 429]);
  } finally {
    await server.stop();
  }
});
