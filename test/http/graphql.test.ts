import { codes, dataOf, type Answer } from '../support/client';
import { startServer, type TestServer } from '../support/server';

const CANARY = 'kanarienvogel';
const JSON_TYPE = { 'content-type': 'application/json' };
const PREFLIGHTED = { 'apollo-require-preflight': 'yes', accept: 'application/json' };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

describe('a body that is no operation', () => {
  const bodies: [string, number, string, Record<string, string>, string | undefined][] = [
    ['JSON that is cut', 400, 'BAD_REQUEST', JSON_TYPE, `{"query": "{ ${CANARY}`],
    ['text for JSON', 400, 'BAD_REQUEST', JSON_TYPE, CANARY],
    ['nothing', 400, 'BAD_REQUEST', JSON_TYPE, undefined],
    ['another type of content', 415, 'UNSUPPORTED_MEDIA_TYPE', { 'content-type': `text/${CANARY}` }, CANARY],
    [
      'JSON with a prototype in it',
      400,
      'BAD_USER_INPUT',
      JSON_TYPE,
      `{"query":"{__typename}","__proto__":{"${CANARY}":1}}`,
    ],
    ['a list', 400, 'BAD_REQUEST', JSON_TYPE, `[{"query":"{ version { version } }"},{"query":"{ ${CANARY} }"}]`],
    ['a number', 400, 'BAD_REQUEST', JSON_TYPE, '7'],
    ['null', 400, 'BAD_REQUEST', JSON_TYPE, 'null'],
    ['a query that is no text', 400, 'BAD_REQUEST', JSON_TYPE, `{"query":{"${CANARY}":1}}`],
    [
      'variables that are no object',
      400,
      'BAD_REQUEST',
      JSON_TYPE,
      `{"query":"{ __typename }","variables":"${CANARY}"}`,
    ],
    ['no query', 400, 'BAD_REQUEST', JSON_TYPE, `{"other":"${CANARY}"}`],
    ['too much', 413, 'PAYLOAD_TOO_LARGE', JSON_TYPE, `{"query":"# ${CANARY} ${'x'.repeat(300_000)}"}`],
  ];
  test.each(bodies)(
    '%s is refused as %d %s with errors as GraphQL has them, and not repeated',
    async (_, status, code, headers, body) => {
      const answer = await post(headers, body);
      expect(answer.status).toBe(status);
      expect(answer.errors).toEqual([
        { message: expect.stringMatching(/./), extensions: expect.objectContaining({ code }) },
      ]);
      expect(answer.text).not.toContain(CANARY);
    },
  );
});

describe('an operation by GET', () => {
  test('is answered when it is a query', async () => {
    const answer = await get('{ version { version } }', PREFLIGHTED);
    expect(answer).toMatchObject({ status: 200, data: { version: { version: expect.any(String) } } });
  });

  test('is refused when it is a mutation, which does nothing', async () => {
    const headers = { ...PREFLIGHTED, authorization: `Bearer ${server.keys.ADMIN}` };
    const answer = await get('mutation { issueRegistrationToken(input: {}) { secret } }', headers);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
    expect(codes(answer)).toEqual(['BAD_REQUEST']);
    expect(await server.database.query('SELECT FROM registration_token')).toEqual([]);
  });

  test('is refused when a page of another site could have sent it', async () => {
    const answer = await get('{ version { version } }', { accept: 'application/json' });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('CSRF');
  });
});

test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
  'a form of another site, sent as %s without asking first, is refused',
  async (type) => {
    const answer = await post({ 'content-type': type }, '{"query":"{ version { version } }"}');
    expect([400, 415]).toContain(answer.status);
    expect(answer.data).toBeUndefined();
  },
);

test('an Accept that names nothing that is answered with is 406, and nothing is done', async () => {
  const body = JSON.stringify({ query: 'mutation { issueRegistrationToken(input: {}) { secret } }' });
  const headers = { ...JSON_TYPE, authorization: `Bearer ${server.keys.ADMIN}` };
  const count = async () => dataOf(await server.admin('{ registrationTokens { totalCount } }')).registrationTokens;
  const before = await count();
  const answer = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { ...headers, accept: 'text/csv' },
    body,
  });
  expect(answer.status).toBe(406);
  expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_ACCEPTABLE' } }] });
  expect(await count()).toEqual(before);
  for (const accept of [
    '',
    '*/*',
    'application/*',
    'application/json',
    'application/graphql-response+json; charset=utf-8',
  ])
    expect(
      (await fetch(`${server.url}/graphql`, { method: 'POST', headers: { ...headers, accept }, body })).status,
    ).toBe(200);
});

describe('the request id', () => {
  test('is in every answer, another one each time, and in the line of the log', async () => {
    const ids = [];
    for (let time = 0; time < 3; time++)
      ids.push((await server.anonymous('{ version { version } }')).headers.get('x-request-id'));
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) {
      expect(id).toMatch(UUID);
      expect(server.log.filter((line) => (JSON.parse(line) as { reqId?: string }).reqId === id)).not.toEqual([]);
    }
  });

  test.each([
    '/graphql?query={version{version}}',
    '/healthz',
    '/readyz',
    '/absent',
    '/api/v1/register',
    '/assets/absent',
  ])('is in the answer of %s, whatever it is', async (route) => {
    expect((await fetch(server.url + route)).headers.get('x-request-id')).toMatch(UUID);
  });

  test('is not taken from the caller', async () => {
    const headers = { ...JSON_TYPE, 'x-request-id': CANARY, 'request-id': CANARY };
    const answer = await post(headers, '{"query":"{ version { version } }"}');
    expect(answer.headers.get('x-request-id')).toMatch(UUID);
  });
});

test('an address that there is not is 404 in JSON, and names nothing that was asked for', async () => {
  const response = await fetch(`${server.url}/${CANARY}?${CANARY}`);
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({
    error: { code: 'NOT_FOUND', message: expect.any(String), request_id: response.headers.get('x-request-id') },
  });
});

test('everything is below the base path, and nothing beside it', async () => {
  const fleet = await startServer({ basePath: '/fleet' });
  try {
    const origin = fleet.url.replace(/\/fleet$/, '');
    for (const route of ['/healthz', '/readyz', '/v1/readyz', '/graphql', '/api/v1/register']) {
      expect({ route, status: (await fetch(origin + route)).status }).toEqual({ route, status: 404 });
      expect((await fetch(fleet.url + route, { method: route.startsWith('/api') ? 'POST' : 'GET' })).status).not.toBe(
        404,
      );
    }
    expect(codes(await fleet.viewer('{ caller { role } }'))).toEqual([]);
  } finally {
    await fleet.stop();
  }
});

function post(headers: Record<string, string>, body?: string): Promise<Answer> {
  return send('/graphql', { method: 'POST', headers, ...(body !== undefined && { body }) });
}

function get(query: string, headers: Record<string, string>): Promise<Answer> {
  return send(`/graphql?query=${encodeURIComponent(query)}`, { headers });
}

async function send(route: string, options: RequestInit): Promise<Answer> {
  const response = await fetch(server.url + route, options);
  const text = await response.text();
  const { data, errors = [] } = JSON.parse(text) as Partial<Answer>;
  return { status: response.status, headers: response.headers, data, errors, text };
}
