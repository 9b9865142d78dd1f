import { execFile, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { dataOf } from '../support/client';
import { enrol, issueToken, sync } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { expireToken, readNode, revokeToken, wholeRoll } from '../enrolment/roll';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

async function send(
  body: string | undefined,
  headers: Record<string, string> = { 'content-type': 'application/json' },
) {
  const response = await fetch(`${server.url}/api/v1/register`, {
    method: 'POST',
    headers,
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}

const post = (body: object) => send(JSON.stringify(body));
const host = () => `host-${randomUUID()}`;

describe('POST /api/v1/register', () => {
  test('enrols an agent and answers 201 with its ids and key, for no cache to keep', async () => {
    const { secret } = await issueToken(server.admin);
    const hostname = host();
    const facts = { os: 'linux/amd64', environment: 'production', datacenter: 'fra-1', tags: ['primary', 'ssd'] };
    const { status, headers, body } = await post({ token: secret, hostname, postgresql_version: '16.4', ...facts });
    expect(status).toBe(201);
    expect(body).toEqual({
      agent_id: expect.any(String),
      api_key: expect.stringMatching(/^rca_/),
      node_id: expect.any(String),
      service_id: expect.any(String),
      sync_interval_seconds: expect.any(Number),
    });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    const { datacenter, ...same } = facts;
    expect(await readNode(server.viewer, body.node_id)).toMatchObject({
      ...same,
      name: hostname,
      region: datacenter,
      type: 'GENERIC',
      agents: { nodes: [{ id: body.agent_id }] },
      services: { nodes: [{ id: body.service_id, name: `${hostname}-postgresql`, version: '16.4', port: 5432 }] },
    });
    expect(dataOf(await sync(server.as(body.api_key))).syncAgent.generation).toBe(1);
  });

  test.each([
    ['only what is needed', {}],
    [
      'null for what may be absent',
      { registration_id: null, os: null, postgresql_version: null, environment: null, datacenter: null, tags: null },
    ],
    [
      'empty text for what its sender was not told',
      { os: '', postgresql_version: '', environment: '', datacenter: '' },
    ],
    ['members that nobody knows', { agent_version: '1', nonsense: { a: 1 } }],
  ])('takes %s', async (_, more) => {
    const { secret } = await issueToken(server.admin);
    const { status, body } = await post({ token: secret, hostname: host(), ...more });
    expect([status, body.service_id]).toEqual([201, null]);
  });

  test('answers a retry with the same agent and a new key, whichever way the first came', async () => {
    const { secret } = await issueToken(server.admin);
    const [hostname, id] = [host(), randomUUID()];
    const first = await post({ token: secret, hostname, registration_id: id, postgresql_version: '17' });
    const second = await post({ token: secret, hostname, registration_id: id.toUpperCase(), postgresql_version: '17' });
    const { api_key, ...rest } = first.body;
    expect(second.status).toBe(201);
    expect(second.body).toMatchObject({ ...rest, sync_interval_seconds: expect.any(Number) });
    expect(second.body.api_key).not.toBe(api_key);
    const { errors } = await sync(server.as(api_key));
    expect(errors[0]!.extensions['reason']).toBe('KEY_ROTATED');
  });
});

describe('a refusal is told as {"error": {code, message, request_id, fields}}', () => {
  test.each<[string, Record<string, unknown>, string[]]>([
    ['no token', { token: undefined }, ['token']],
    ['a token that is no text', { token: 7 }, ['token']],
    ['no hostname', { hostname: undefined }, ['hostname']],
    ['a faulty hostname', { hostname: 'no spaces' }, ['hostname']],
    ['a faulty os', { os: 'a\u0000b' }, ['os']],
    ['an os that is no text', { os: ['linux'] }, ['os']],
    ['a faulty environment', { environment: 'a\nb' }, ['environment']],
    ['a faulty datacenter', { datacenter: 'd'.repeat(129) }, ['datacenter']],
    ['tags that are no list', { tags: 'primary' }, ['tags']],
    ['a tag that is no text', { tags: ['good', 1] }, ['tags.1']],
    ['a faulty tag', { tags: ['good', ''] }, ['tags.1']],
    ['too many tags', { tags: Array.from({ length: 65 }, String) }, ['tags']],
    ['a faulty version', { postgresql_version: 'v'.repeat(101) }, ['postgresql_version']],
    ['a registration id that is no UUID', { registration_id: 'once' }, ['registration_id']],
    ['several faults at once', { hostname: 'no spaces', os: 'a\nb', tags: [''] }, ['hostname', 'os', 'tags.0']],
  ])('400 for %s, by the names that the caller used', async (_, changes, paths) => {
    const before = await wholeRoll(server.database);
    const { status, headers, body } = await post({ token: 'rct_x', hostname: 'db-01', ...changes });
    expect([status, body]).toEqual([
      400,
      {
        error: {
          code: 'BAD_USER_INPUT',
          message: expect.any(String),
          request_id: headers.get('x-request-id'),
          fields: paths.map((path) => ({ path, message: expect.stringMatching(/\.$/) })),
        },
      },
    ]);
    expect(await wholeRoll(server.database)).toEqual(before);
  });

  test.each([
    ['a list', '[]'],
    ['a text', '"token"'],
    ['null', 'null'],
  ])('400 for %s instead of an object', async (_, text) => {
    const { status, body } = await send(text);
    expect([status, body.error.fields]).toEqual([400, [{ path: 'body', message: 'Send a JSON object.' }]]);
  });

  test('400 for malformed JSON, without repeating it', async () => {
    const { status, text, body } = await send('{"token": "rct_canary", "hostname": canary}');
    expect([status, body.error.code]).toEqual([400, 'BAD_REQUEST']);
    expect(body.error.message).toContain('JSON');
    expect(text).not.toContain('canary');
    expect(server.log.join('\n')).not.toContain('canary');
  });

  test.each([
    ['no body', undefined, { 'content-type': 'application/json' }],
    [
      'a member that would change prototypes',
      '{"token": "a", "hostname": "b", "__proto__": {"tags": []}}',
      { 'content-type': 'application/json' },
    ],
  ])('400 for %s', async (_, text, headers) => {
    expect((await send(text, headers)).status).toBe(400);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'text/xml'])('415 for %s', async (type) => {
    const { status, body } = await send('token=a&hostname=b', { 'content-type': type });
    expect([status, body.error]).toEqual([
      415,
      {
        code: 'UNSUPPORTED_MEDIA_TYPE',
        message: 'Send application/json.',
        request_id: expect.any(String),
      },
    ]);
  });

  test('413 for a body that is too large', async () => {
    const { status, body } = await post({ token: 'rct_x', hostname: 'h'.repeat(300_000) });
    expect([status, body.error.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  test('401 for a token that is none of ours', async () => {
    const { status, body } = await post({ token: 'rct_x', hostname: host() });
    expect([status, body.error.code]).toEqual([401, 'TOKEN_INVALID']);
  });

  test('403 for a token that is bound to another name, 409 for a taken name; both leave the token as it was', async () => {
    const bound = await issueToken(server.admin, { nodeName: 'bound-*' });
    const taken = host();
    await enrol(server.admin, { node: { name: taken } });
    const free = await issueToken(server.admin);
    const before = await wholeRoll(server.database);
    const answers = [
      await post({ token: bound.secret, hostname: taken }),
      await post({ token: free.secret, hostname: taken }),
    ];
    expect(answers.map(({ status, body }) => [status, body.error.code])).toEqual([
      [403, 'TOKEN_NOT_APPLICABLE'],
      [409, 'CONFLICT'],
    ]);
    expect(await wholeRoll(server.database)).toEqual(before);
  });

  test.each<[string, (id: string, secret: string) => Promise<unknown>]>([
    ['TOKEN_USED', (_, token) => post({ token, hostname: host() })],
    ['TOKEN_EXPIRED', (id) => expireToken(server.database, id)],
    ['TOKEN_REVOKED', (id) => revokeToken(server.admin, id)],
  ])('410 for %s', async (code, happened) => {
    const { secret, token } = await issueToken(server.admin);
    await happened(token.id, secret);
    const { status, body } = await post({ token: secret, hostname: host() });
    expect([status, body.error.code]).toEqual([410, code]);
  });

  test('404 where there is no route', async () => {
    const response = await fetch(`${server.url}/api/v2/register`, { method: 'POST' });
    expect([response.status, await response.json()]).toMatchObject([404, { error: { code: 'NOT_FOUND' } }]);
  });

  test('429 with Retry-After for a retry beside another', async () => {
    const { secret, token } = await issueToken(server.admin);
    const registration = { token: secret, hostname: host(), registration_id: randomUUID() };
    await post(registration);
    const holder = await server.database.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM registration_token_claim WHERE token_id = $1 FOR UPDATE', [token.id]);
    const { status, headers, body } = await post(registration);
    await holder.query('ROLLBACK');
    expect([status, headers.get('retry-after'), body.error.code]).toEqual([429, '1', 'RATE_LIMITED']);
  });
});

test('curl registers a host', async () => {
  if (spawnSync('curl', ['--version']).status !== 0) {
    console.warn('curl is not installed: that it registers a host was not tried.');
    return;
  }
  const { secret } = await issueToken(server.admin);
  const json = [
    '--header',
    'Content-Type: application/json',
    '--data',
    JSON.stringify({ token: secret, hostname: 'by-curl' }),
  ];
  const { stdout } = await promisify(execFile)('curl', [
    '--silent',
    '--fail',
    ...json,
    `${server.url}/api/v1/register`,
  ]);
  expect(JSON.parse(stdout)).toMatchObject({ agent_id: expect.any(String), api_key: expect.stringMatching(/^rca_/) });
});
