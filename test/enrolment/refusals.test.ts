import { CredentialKind, formatCredential, makeCredential, parseCredential } from '../../src/access/credential';
import { codes } from '../support/client';
import { enrol, issueToken, register, tryToRegister } from '../support/enrol';
import { statementsOf } from '../support/reader';
import { startServer, type TestServer } from '../support/server';
import { expireToken, removeHost, revokeToken, wholeRoll } from './roll';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

/** Tokens in every state. */
async function tokens() {
  const [active, used, expired, revoked] = await Promise.all(Array.from({ length: 4 }, () => issueToken(server.admin)));
  await register(server.anonymous, used!.secret);
  await expireToken(server.database, expired!.token.id);
  await revokeToken(server.admin, revoked!.token.id);
  return { active: active!, used: used!, expired: expired!, revoked: revoked! };
}

/** The same public id, another secret, a checksum that fits. */
function withWrongSecret(secret: string): string {
  return formatCredential({ ...parseCredential(secret)!, secret: 'x'.repeat(43) });
}

/** The last of the secret is another; the checksum is left. */
function mangled(secret: string): string {
  const at = secret.length - 7;
  return secret.slice(0, at) + (secret[at] === 'a' ? 'b' : 'a') + secret.slice(at + 1);
}

test('whoever does not hold the right secret is told nothing: every answer is the same, byte for byte', async () => {
  const { active, used, expired, revoked } = await tokens();
  const { nodeId, secret: agentKey } = await enrol(server.admin, { node: { name: 'known-01' } });
  const replacing = await issueToken(server.admin, { replacesNodeId: nodeId });
  const attempts = {
    unknown: makeCredential(CredentialKind.REGISTRATION_TOKEN).text,
    empty: '',
    nonsense: 'let me in',
    'with NUL': 'rct_\u0000',
    'very long': 'rct_'.repeat(10_000),
    cut: active.secret.slice(0, -1),
    'only spaces': ' '.repeat(68),
    'with a space after': `${active.secret} `,
    'with a line end after': `${active.secret}\n`,
    mangled: mangled(active.secret),
    'in capitals': active.secret.toUpperCase(),
    'wrong secret of an active one': withWrongSecret(active.secret),
    'wrong secret of a used one': withWrongSecret(used.secret),
    'wrong secret of an expired one': withWrongSecret(expired.secret),
    'wrong secret of a revoked one': withWrongSecret(revoked.secret),
    'wrong secret of one bound to another node': withWrongSecret(replacing.secret),
    "an administrator's key": server.keys.ADMIN,
    "an agent's key": agentKey,
    'the right secret as another kind': formatCredential({
      ...parseCredential(active.secret)!,
      kind: CredentialKind.USER_KEY,
    }),
  };
  const before = await wholeRoll(server.database);
  const answers: [string, unknown][] = [];
  for (const [what, token] of Object.entries(attempts)) {
    // The name is taken, which they are not told either.
    const { status, text } = await tryToRegister(server.anonymous, token, { node: { name: 'known-01' } });
    answers.push([what, { status, text }]);
  }
  const [, first] = answers[0]!;
  expect(first).toMatchObject({ status: 200, text: expect.stringContaining('"TOKEN_INVALID"') });
  expect(answers).toEqual(Object.keys(attempts).map((what) => [what, first]));
  expect(await wholeRoll(server.database)).toEqual(before);
});

test('an unknown token costs the look-up that a wrong secret costs, whatever its state; what is malformed costs none', async () => {
  const { active, used, expired, revoked } = await tokens();
  const ofUnknown = await lookUps(makeCredential(CredentialKind.REGISTRATION_TOKEN).text);
  expect(ofUnknown).toEqual([expect.stringContaining('FROM registration_token WHERE public_id = ANY')]);
  for (const { secret } of [active, used, expired, revoked])
    expect(await lookUps(withWrongSecret(secret))).toEqual(ofUnknown);
  for (const token of [mangled(active.secret), server.keys.ADMIN, '', ' '])
    expect({ token, cost: await lookUps(token) }).toEqual({ token, cost: [] });
});

test('plain HTTP, too, answers an unknown token and a wrong secret the same, headers included', async () => {
  const { active, used } = await tokens();
  const ofUnknown = await toldByHttp(makeCredential(CredentialKind.REGISTRATION_TOKEN).text);
  expect(ofUnknown).toEqual([401, expect.any(String), expect.stringContaining('TOKEN_INVALID')]);
  for (const token of [withWrongSecret(active.secret), withWrongSecret(used.secret), mangled(active.secret), ''])
    expect(await toldByHttp(token)).toEqual(ofUnknown);
});

test('whoever holds the right secret is told why it is refused, and what to do', async () => {
  const { used, expired, revoked } = await tokens();
  const before = await wholeRoll(server.database);
  for (const [token, code] of [
    [used, 'TOKEN_USED'],
    [expired, 'TOKEN_EXPIRED'],
    [revoked, 'TOKEN_REVOKED'],
  ] as const) {
    const answer = await tryToRegister(server.anonymous, token.secret);
    expect(codes(answer)).toEqual([code]);
    expect(answer.errors[0]!.message).toContain('Ask an administrator for a new one.');
    expect(answer.text).not.toContain(token.token.publicId);
  }
  expect(await wholeRoll(server.database)).toEqual(before);
});

test('a token whose agent is gone stays used', async () => {
  const { secret } = await issueToken(server.admin);
  await removeHost(server.database, await register(server.anonymous, secret));
  expect(codes(await tryToRegister(server.anonymous, secret))).toEqual(['TOKEN_USED']);
});

test('a key beside the token does not matter unless it is not good', async () => {
  const { secret } = await issueToken(server.admin, { maxUses: 2 });
  expect(codes(await tryToRegister(server.viewer, secret))).toEqual([]);
  const answer = await tryToRegister(server.as(makeCredential(CredentialKind.USER_KEY).text), secret);
  expect([answer.status, codes(answer)]).toEqual([401, ['UNAUTHENTICATED']]);
});

test('a variable that is not of its type is refused without repeating the token', async () => {
  const { secret } = await issueToken(server.admin);
  const answer = await tryToRegister(server.anonymous, secret, { node: { name: 7, nonsense: secret } });
  expect(codes(answer)).toContain('BAD_USER_INPUT');
  expect(answer.text).not.toContain(secret.slice(4, 20));
  expect(server.log.join('\n')).not.toContain(secret);
});

/** What is looked up for a registration with this token; what the server does meanwhile for itself is none of it. */
async function lookUps(token: string): Promise<string[]> {
  const statements = await statementsOf(server.database, () => tryToRegister(server.anonymous, token));
  return statements.filter((statement) => /registration_token|FROM api_key|node|agent/.test(statement));
}

/** The whole answer of plain HTTP to a token, but for what names the request. */
async function toldByHttp(token: string): Promise<unknown[]> {
  const answer = await fetch(`${server.url}/api/v1/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, hostname: 'db-01' }),
  });
  const id = answer.headers.get('x-request-id')!;
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => name !== 'date'));
  return [answer.status, JSON.stringify(headers).replace(id, ''), (await answer.text()).replace(id, '')];
}
