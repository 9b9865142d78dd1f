import { CredentialKind, formatCredential, makeCredential, parseCredential } from '../../src/access/credential';
import { Role } from '../../src/access/role';
import { issueToken } from '../support/enrol';
import { statementsOf } from '../support/reader';
import { issueKey, startServer, type TestServer } from '../support/server';
import { callerFrom, shapeOf, type Caller, type Told } from './callers';

const LIMIT = 4;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ limits: { failuresPerMinute: LIMIT }, trustedProxies: ['127.0.0.1'] });
});
afterAll(() => server.stop());

let addresses = 0;
/** Somebody at an address that nobody had before. */
const stranger = () => callerFrom(server.url, `198.51.100.${++addresses}`);

const unknownToken = () => makeCredential(CredentialKind.REGISTRATION_TOKEN).text;
const unknownKey = () => makeCredential(CredentialKind.AGENT_KEY).text;
const withWrongSecret = (text: string) => formatCredential({ ...parseCredential(text)!, secret: 'x'.repeat(43) });

const at = (address: string) => callerFrom(server.url, address);

async function spend(caller: Caller): Promise<Caller> {
  for (let attempt = 0; attempt < LIMIT; attempt++) await caller.registerPlainly(unknownToken());
  expect((await caller.registerPlainly(unknownToken())).code).toBe('RATE_LIMITED');
  return caller;
}

describe('failures of an address', () => {
  test('are told as what they are up to the limit; one beyond is told when to come back, on every route', async () => {
    const caller = stranger();
    const within = [
      await caller.register(unknownToken()),
      await caller.registerPlainly(unknownToken()),
      await caller.withKey(unknownKey()),
      await caller.get('/v1/version', { authorization: `Bearer ${unknownKey()}` }),
    ];
    expect(within).toHaveLength(LIMIT);
    expect(within.map(({ status, code }) => [status, code])).toEqual([
      [200, 'TOKEN_INVALID'],
      [401, 'TOKEN_INVALID'],
      [401, 'UNAUTHENTICATED'],
      [401, 'UNAUTHENTICATED'],
    ]);
    const beyond = await Promise.all([
      caller.register(unknownToken()),
      caller.registerPlainly(unknownToken()),
      caller.withKey(unknownKey()),
      caller.get('/v1/version', { authorization: `Bearer ${unknownKey()}` }),
    ]);
    const [byGraphQL, , byKey] = beyond;
    expect(beyond.map(({ status, code }) => [status, code])).toEqual([
      [200, 'RATE_LIMITED'],
      [429, 'RATE_LIMITED'],
      [429, 'RATE_LIMITED'],
      [429, 'RATE_LIMITED'],
    ]);
    for (const { headers, text } of beyond) {
      const seconds = Number(headers.get('retry-after'));
      expect(seconds).toBeGreaterThanOrEqual(1);
      expect(seconds).toBeLessThanOrEqual(60 / LIMIT);
      expect(text).toContain(`Try again in ${seconds} s.`);
    }
    expect(JSON.parse(byGraphQL.text).errors[0].extensions).toEqual({
      code: 'RATE_LIMITED',
      retryAfterSeconds: Number(byGraphQL.headers.get('retry-after')),
    });
    expect(byKey.headers.get('www-authenticate')).toBeNull();
  });

  test('are alike whatever was guessed: unknown, wrong in its secret, of another kind, mangled', async () => {
    const { secret } = await issueToken(server.admin);
    const key = server.keys.VIEWER;
    const tokens = [unknownToken(), withWrongSecret(secret), unknownKey(), key, 'mangled', ''];
    const keys = [unknownKey(), withWrongSecret(key), secret, unknownToken(), 'mangled', `${key}x`];
    const spent = await spend(stranger());
    const alike = async (
      guesses: string[],
      ask: (caller: Caller) => (guess: string) => Promise<Told>,
      code: string,
    ) => {
      const within = await Promise.all(guesses.map((guess) => ask(stranger())(guess)));
      const beyond = await Promise.all(guesses.map(ask(spent)));
      for (const [told, expected] of [
        [within, code],
        [beyond, 'RATE_LIMITED'],
      ] as const) {
        expect(new Set(told.map((each) => each.code))).toEqual(new Set([expected]));
        expect(new Set(told.map((each) => JSON.stringify(shapeOf(each))))).toHaveProperty('size', 1);
      }
    };
    await alike(
      tokens,
      ({ register }) =>
        (token) =>
          register(token),
      'TOKEN_INVALID',
    );
    await alike(
      tokens,
      ({ registerPlainly }) =>
        (token) =>
          registerPlainly(token),
      'TOKEN_INVALID',
    );
    await alike(
      keys,
      ({ withKey }) =>
        (guess) =>
          withKey(guess),
      'UNAUTHENTICATED',
    );
  });

  test('are those of malformed registrations, too, wherever that shows', async () => {
    const caller = stranger();
    const within = [
      await caller.register(unknownToken(), { node: { name: '-' } }),
      await caller.register(unknownToken(), { node: { name: 7 } }),
      await caller.graphql('mutation { registerAgent(input: { tokn: "x" }) { agentId } }'),
      await caller.registerPlainly(unknownToken(), { hostname: null }),
    ];
    expect(within).toHaveLength(LIMIT);
    expect(within.map(({ status, code }) => [status, code])).toEqual([
      [200, 'BAD_USER_INPUT'],
      [400, 'BAD_USER_INPUT'],
      [400, 'GRAPHQL_VALIDATION_FAILED'],
      [400, 'BAD_USER_INPUT'],
    ]);
    const beyond = await Promise.all([
      caller.register(unknownToken(), { node: { name: '-' } }),
      caller.register(unknownToken(), { node: { name: 7 } }),
      caller.graphql('mutation { registerAgent(input: { tokn: "x" }) { agentId } }'),
      caller.registerPlainly(unknownToken(), { hostname: null }),
      caller.registerPlainly(7),
    ]);
    expect(beyond.map(({ status, code }) => [status, code])).toEqual([
      [200, 'RATE_LIMITED'],
      [429, 'RATE_LIMITED'],
      [429, 'RATE_LIMITED'],
      [429, 'RATE_LIMITED'],
      [429, 'RATE_LIMITED'],
    ]);
    for (const { headers } of beyond) expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  });

  test('are those of an Authorization header that holds no key at all', async () => {
    const caller = stranger();
    for (let attempt = 0; attempt < LIMIT; attempt++)
      expect((await caller.graphql('{ __typename }', {}, { authorization: 'nonsense' })).code).toBe('UNAUTHENTICATED');
    expect((await caller.graphql('{ __typename }', {}, { authorization: 'nonsense' })).code).toBe('RATE_LIMITED');
  });

  test('are of that address alone', async () => {
    await spend(stranger());
    expect((await stranger().registerPlainly(unknownToken())).code).toBe('TOKEN_INVALID');
  });

  test('are of a whole /64 of IPv6, in whatever spelling, and not of the next', async () => {
    for (const address of ['2001:db8:9::1', '2001:DB8:9:0::2', '2001:db8:9:0:ffff::', '2001:0db8:0009::a'])
      expect((await at(address).registerPlainly(unknownToken())).code).toBe('TOKEN_INVALID');
    expect((await at('2001:db8:9::b').registerPlainly(unknownToken())).code).toBe('RATE_LIMITED');
    expect((await at('2001:db8:9::c').withKey(unknownKey())).code).toBe('RATE_LIMITED');
    expect((await at('2001:db8:9:1::1').registerPlainly(unknownToken())).code).toBe('TOKEN_INVALID');
  });

  test('are of IPv4 when it comes in the clothes of IPv6', async () => {
    await spend(at('::ffff:192.0.2.77'));
    expect((await at('192.0.2.77').withKey(unknownKey())).code).toBe('RATE_LIMITED');
  });

  test('cost no statement but the look-up once the budget is known to be spent', async () => {
    const caller = await spend(stranger());
    const statements = await statementsOf(server.database, async () => {
      await caller.registerPlainly(unknownToken());
      await caller.withKey(unknownKey());
    });
    expect(statements.filter((statement) => statement.includes('failed_enrolment'))).toEqual([]);
    expect(statements.filter((statement) => statement.includes('public_id = ANY'))).toHaveLength(2);
  });
});

describe('from an address whose failures are over the limit', () => {
  test('a good token registers, by either route', async () => {
    const caller = await spend(stranger());
    const { secret } = await issueToken(server.admin, { maxUses: 2 });
    expect((await caller.register(secret)).text).toContain('agentId');
    expect((await caller.registerPlainly(secret)).status).toBe(201);
  });

  test('a good key is let in, whether or not the server has it in mind', async () => {
    const caller = await spend(stranger());
    const key = await issueKey(server.database.dataSource, Role.VIEWER);
    for (const _ of ['looked up', 'in the cache'])
      expect(JSON.parse((await caller.withKey(key)).text)).toEqual({ data: { caller: { role: 'VIEWER' } } });
  });

  test('who holds the right secret is told why it is refused', async () => {
    const caller = await spend(stranger());
    const { secret, token } = await issueToken(server.admin);
    const malformed = await Promise.all([
      caller.register(secret, { node: { name: '-' } }),
      caller.registerPlainly(secret, { hostname: 'no spaces' }),
      caller.registerPlainly(secret, { hostname: null }),
    ]);
    expect(malformed.map(({ code }) => code)).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT', 'BAD_USER_INPUT']);
    await server.admin(
      'mutation ($input: RevokeRegistrationTokenInput!) { revokeRegistrationToken(input: $input) { token { id } } }',
      {
        input: { id: token.id },
      },
    );
    expect((await caller.registerPlainly(secret)).code).toBe('TOKEN_REVOKED');
    const ended = await caller.withKey(await issueKey(server.database.dataSource, Role.VIEWER, new Date(0)));
    expect(JSON.parse(ended.text).errors[0].extensions).toMatchObject({ reason: 'KEY_EXPIRED' });
  });

  test('what needs no secret goes on', async () => {
    const caller = await spend(stranger());
    expect((await caller.graphql('{ version { version } }')).code).toBeNull();
    expect((await caller.get('/readyz')).status).toBe(200);
  });
});

test('the audit trail tells failures in a row for each kind and address, those over the limit among them', async () => {
  const own = await startServer({ limits: { failuresPerMinute: LIMIT }, trustedProxies: ['127.0.0.1'] });
  try {
    const caller = callerFrom(own.url, '2001:db8:5::1');
    for (let attempt = 0; attempt < LIMIT; attempt++) await caller.registerPlainly(unknownToken());
    await Promise.all([...Array(6)].flatMap(() => [caller.withKey(unknownKey()), caller.register(unknownToken())]));
    await own.app.close();
    const rows = await own.database.query(
      `SELECT action, reason, remote_address, count FROM audit_event WHERE outcome = 'REFUSED' ORDER BY action, reason`,
    );
    expect(rows).toEqual([
      { action: 'agent.register', reason: 'RATE_LIMITED', remote_address: '2001:db8:5::/64', count: 6 },
      { action: 'agent.register', reason: 'TOKEN_INVALID', remote_address: '2001:db8:5::/64', count: LIMIT },
      { action: 'api_key.authenticate', reason: 'RATE_LIMITED', remote_address: '2001:db8:5::/64', count: 6 },
    ]);
  } finally {
    await own.stop();
  }
});
