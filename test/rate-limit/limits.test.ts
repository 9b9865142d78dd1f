import { CredentialKind, formatCredential, makeCredential, parseCredential } from '../../src/access/credential';
import { Role } from '../../src/access/role';
import { RateLimited, Unauthenticated } from '../../src/errors';
import { createLimits } from '../../src/rate-limit/limits';
import { issue, rotate } from '../access/key-requests';
import { issueToken } from '../support/enrol';
import { issueKey, startServer, type TestServer } from '../support/server';
import { wholeRoll } from '../enrolment/roll';
import { callerFrom } from './callers';

const LIMIT = 3;
const ONE_EACH = {
  failuresPerMinute: 1,
  registrationsPerMinute: 1,
  anonymousRequestsPerMinute: 1,
  requestsPerMinute: 1,
};
const KEY = { keyId: 'k', publicId: 'k', name: 'k', role: Role.VIEWER, agentId: null, enrolment: null };
const nothing = () => undefined;
const TRUSTED = { trustedProxies: ['127.0.0.1'] };

let server: TestServer;
afterEach(() => server.stop());

let addresses = 0;
const stranger = () => callerFrom(server.url, `198.51.100.${++addresses}`);

async function refusals(): Promise<Record<string, unknown>[]> {
  await server.app.close();
  return server.database.query(
    `SELECT action, reason, actor_key_public_id, count FROM audit_event WHERE outcome = 'REFUSED' ORDER BY action, reason`,
  );
}

describe('attempts that fail with one registration token', () => {
  test('are told why up to the limit, from wherever they come; one beyond changes nothing and leaves no row of its own', async () => {
    server = await startServer({ limits: { registrationsPerMinute: LIMIT }, ...TRUSTED });
    const { secret } = await issueToken(server.admin, { maxUses: 2 });
    expect((await stranger().registerPlainly(secret)).status).toBe(201);
    expect((await stranger().register(secret)).code).toBeNull();
    for (let attempt = 0; attempt < LIMIT; attempt++)
      expect((await stranger().registerPlainly(secret)).code).toBe('TOKEN_USED');
    const before = await wholeRoll(server.database);
    const caller = stranger();
    const beyond = await Promise.all([caller.registerPlainly(secret), caller.register(secret)]);
    expect(beyond.map(({ status, code }) => [status, code])).toEqual([
      [429, 'RATE_LIMITED'],
      [200, 'RATE_LIMITED'],
    ]);
    for (const { headers } of beyond) expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await wholeRoll(server.database)).toEqual(before);
    expect(await refusals()).toEqual([
      { action: 'agent.register', reason: 'RATE_LIMITED', actor_key_public_id: null, count: 2 },
      ...Array.from({ length: LIMIT }, () => ({
        action: 'agent.register',
        reason: 'TOKEN_USED',
        actor_key_public_id: null,
        count: 1,
      })),
    ]);
  });

  test('keep nobody out whom the token lets in, who come one by one meanwhile', async () => {
    server = await startServer({ limits: { registrationsPerMinute: LIMIT }, ...TRUSTED });
    const { secret } = await issueToken(server.admin, { maxUses: 7 });
    expect((await stranger().registerPlainly(secret, { hostname: 'taken' })).status).toBe(201);
    const noise = Array.from({ length: 50 }, () => stranger().registerPlainly(secret, { hostname: 'taken' }));
    const others = Array.from({ length: 6 }, () => stranger().registerPlainly(secret));
    expect(new Set((await Promise.all(noise)).map(({ code }) => code))).toEqual(new Set(['CONFLICT', 'RATE_LIMITED']));
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual(Array(6).fill(201));
  });

  test('are those with malformed facts, too', async () => {
    server = await startServer({ limits: { registrationsPerMinute: 1 }, ...TRUSTED });
    const { secret } = await issueToken(server.admin);
    expect((await stranger().registerPlainly(secret, { hostname: '-' })).code).toBe('BAD_USER_INPUT');
    expect((await stranger().registerPlainly(secret, { hostname: '-' })).code).toBe('RATE_LIMITED');
    expect((await stranger().registerPlainly(secret)).status).toBe(201);
  });

  test('are not those with another token, nor a wrong secret of the same', async () => {
    server = await startServer({ limits: { registrationsPerMinute: 1 }, ...TRUSTED });
    const [one, another] = [await issueToken(server.admin), await issueToken(server.admin)];
    const wrong = formatCredential({ ...parseCredential(one.secret)!, secret: 'x'.repeat(43) });
    expect((await stranger().registerPlainly(wrong)).code).toBe('TOKEN_INVALID');
    expect((await stranger().registerPlainly(one.secret)).status).toBe(201);
    expect((await stranger().registerPlainly(one.secret)).code).toBe('TOKEN_USED');
    expect((await stranger().registerPlainly(one.secret)).code).toBe('RATE_LIMITED');
    expect((await stranger().registerPlainly(another.secret)).status).toBe(201);
    expect((await stranger().registerPlainly(another.secret)).code).toBe('TOKEN_USED');
  });
});

describe('anonymous operations of an address', () => {
  test('are answered up to the limit, whatever becomes of them; one beyond is told when to come back', async () => {
    server = await startServer({ limits: { anonymousRequestsPerMinute: 6 }, ...TRUSTED });
    const caller = stranger();
    const within = [
      await caller.graphql('{ version { version } }'),
      await caller.graphql('{ nothing }'),
      await caller.graphql('{ broken'),
      await caller.get('/graphql?query=%7B__typename%7D', {
        accept: 'application/json',
        'apollo-require-preflight': '1',
      }),
      await caller.graphql('mutation { registerAgent(input: {}) { agentId } other: issueApiKey { secret } }'),
      await caller.graphql('mutation { ...all } fragment all on Mutation { registerAgent(input: {}) { agentId } }'),
    ];
    expect(within.map(({ code }) => code)).toEqual([
      null,
      'GRAPHQL_VALIDATION_FAILED',
      'GRAPHQL_PARSE_FAILED',
      null,
      'GRAPHQL_VALIDATION_FAILED',
      'GRAPHQL_VALIDATION_FAILED',
    ]);
    const beyond = await Promise.all([
      caller.graphql('{ version { version } }'),
      caller.graphql('{ broken'),
      caller.get('/graphql?query=%7B__typename%7D', { accept: 'application/json', 'apollo-require-preflight': '1' }),
    ]);
    for (const { status, code, headers } of beyond) {
      expect([status, code]).toEqual([429, 'RATE_LIMITED']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
    expect((await stranger().graphql('{ version { version } }')).code).toBeNull();
  });

  test('are those, too, that are refused for what they ask', async () => {
    server = await startServer({ limits: { anonymousRequestsPerMinute: 3, aliases: 1 }, ...TRUSTED });
    const caller = stranger();
    const hostile = '{ a: __typename b: __typename }';
    const codes = [];
    for (let count = 0; count < 4; count++) codes.push((await caller.graphql(hostile)).code);
    expect(codes).toEqual([...Array<string>(3).fill('LIMIT_EXCEEDED'), 'RATE_LIMITED']);
    expect((await caller.withKey(server.keys.VIEWER)).code).toBeNull();
    expect((await stranger().graphql(hostile)).code).toBe('LIMIT_EXCEEDED');
  });

  test.each([
    [
      'that is skipped',
      'mutation { registerAgent(input: { token: "x", node: { name: "a" } }) @skip(if: true) { agentId } }',
      {},
    ],
    [
      'whose variables make it none',
      'mutation ($t: String = "x") { registerAgent(input: { token: $t, node: { name: "a" } }) { agentId } }',
      { t: null },
    ],
  ])('are not had for nothing by a registration %s: that is a failed one', async (_, text, variables) => {
    server = await startServer({ limits: { failuresPerMinute: 1 }, ...TRUSTED });
    const caller = stranger();
    expect((await caller.graphql(text, variables)).code).not.toBe('RATE_LIMITED');
    expect((await caller.graphql(text, variables)).code).toBe('RATE_LIMITED');
  });

  test('leave registration, keys, probes and pages alone', async () => {
    server = await startServer({ limits: { anonymousRequestsPerMinute: 1 }, ...TRUSTED });
    const caller = stranger();
    await caller.graphql('{ __typename }');
    expect((await caller.graphql('{ __typename }')).code).toBe('RATE_LIMITED');
    const { secret } = await issueToken(server.admin, { maxUses: 5 });
    expect((await caller.register(secret)).code).toBeNull();
    expect((await caller.registerPlainly(secret)).status).toBe(201);
    const withFragment = `mutation R($input: RegisterAgentInput!) { registerAgent(input: $input) { ...answer } }
      fragment answer on RegisterAgentPayload { agentId }`;
    expect((await caller.graphql(withFragment, { input: { token: secret, node: { name: 'f' } } })).code).toBeNull();
    expect((await caller.withKey(server.keys.VIEWER)).code).toBeNull();
    for (const path of ['/healthz', '/readyz', '/graphql'])
      expect((await caller.get(path, { accept: 'text/html' })).status).toBe(200);
  });

  test('are not spent by registrations, good or bad', async () => {
    server = await startServer({ limits: { anonymousRequestsPerMinute: 1 }, ...TRUSTED });
    const caller = stranger();
    const { secret } = await issueToken(server.admin, { maxUses: 5 });
    for (const token of [secret, secret, 'no token']) await caller.register(token);
    await caller.graphql('mutation { registerAgent(input: { tokn: "x" }) { agentId } }');
    expect((await caller.graphql('{ __typename }')).code).toBeNull();
  });
});

describe('requests with one key', () => {
  test('are answered up to the limit, on every route; one beyond is told when to come back, and by which key', async () => {
    server = await startServer({ limits: { requestsPerMinute: LIMIT }, ...TRUSTED });
    const key = await issueKey(server.database.dataSource, Role.VIEWER);
    const headers = { authorization: `Bearer ${key}` };
    expect((await stranger().withKey(key)).code).toBeNull();
    expect((await stranger().get('/v1/version', headers)).status).toBe(200);
    expect((await stranger().withKey(key)).code).toBeNull();
    const caller = stranger();
    const beyond = await Promise.all([caller.withKey(key), caller.get('/v1/version', headers)]);
    for (const { status, code, headers: told } of beyond) {
      expect([status, code]).toEqual([429, 'RATE_LIMITED']);
      expect(Number(told.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
    expect((await stranger().withKey(server.keys.VIEWER)).code).toBeNull();
    const publicId = parseCredential(key)!.publicId;
    expect(await refusals()).toEqual([
      { action: 'api_key.authenticate', reason: 'RATE_LIMITED', actor_key_public_id: publicId, count: 2 },
    ]);
  });

  test('beyond the limit are told at once, also while a thousand who guess wait for their answers', async () => {
    server = await startServer();
    const limits = createLimits(server.database.dataSource.manager, { ...server.config.limits, ...ONE_EACH });
    const call = { remoteAddress: '192.0.2.1', refusals: { note: nothing, flush: async () => undefined } };
    const refusal = new Unauthenticated('');
    expect(await limits.failedKey(call, refusal)).toBe(refusal);
    const waiting = Array.from({ length: 1001 }, () => limits.failedKey(call, refusal));
    limits.keyUsed(call, KEY);
    expect(() => limits.keyUsed(call, KEY)).toThrow(RateLimited);
    expect(new Set((await Promise.all(waiting)).map(({ code }) => code))).toEqual(new Set(['RATE_LIMITED']));
  });

  test('are counted once when the first of them ends the key before', async () => {
    server = await startServer({ limits: { requestsPerMinute: 1 }, ...TRUSTED });
    const { apiKey } = await issue(server.admin);
    const { secret } = await rotate(server.as(await issueKey(server.database.dataSource, Role.ADMIN)), apiKey.id);
    expect((await stranger().withKey(secret)).code).toBeNull();
    expect((await stranger().withKey(secret)).code).toBe('RATE_LIMITED');
  });

  test('are counted of a key that has ended, too, and are none with a wrong secret', async () => {
    server = await startServer({ limits: { requestsPerMinute: 1 }, ...TRUSTED });
    const ended = await issueKey(server.database.dataSource, Role.VIEWER, new Date(0));
    expect((await stranger().withKey(ended)).text).toContain('KEY_EXPIRED');
    expect((await stranger().withKey(ended)).code).toBe('RATE_LIMITED');
    for (let attempt = 0; attempt < 3; attempt++)
      expect((await stranger().withKey(makeCredential(CredentialKind.USER_KEY).text)).code).toBe('UNAUTHENTICATED');
  });
});
