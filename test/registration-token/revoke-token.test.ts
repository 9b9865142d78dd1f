import { codes, dataOf } from '../support/client';
import { issueToken, register, sync, tryToRegister } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { expireToken, readToken, revokeToken, wholeRoll } from '../enrolment/roll';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

const REVOKE = `mutation ($id: ID!) { revokeRegistrationToken(input: { id: $id }) { token { id } } }`;

test('a revoked token enrols nobody any more, and says so', async () => {
  const { secret, token } = await issueToken(server.admin);
  const revoked = await revokeToken(server.admin, token.id);
  expect(revoked).toEqual({ id: token.id, status: 'REVOKED', revokedAt: expect.any(String) });
  const before = await wholeRoll(server.database);
  expect(codes(await tryToRegister(server.anonymous, secret))).toEqual(['TOKEN_REVOKED']);
  expect(await wholeRoll(server.database)).toEqual(before);
});

test('revoking again answers the same and changes nothing', async () => {
  const { token } = await issueToken(server.admin);
  const first = await revokeToken(server.admin, token.id);
  const before = await wholeRoll(server.database);
  expect(await revokeToken(server.admin, token.id)).toEqual(first);
  expect(await wholeRoll(server.database)).toEqual(before);
});

test('revoking a token changes that token and nothing else', async () => {
  const [{ token }] = [await issueToken(server.admin), await issueToken(server.admin)];
  const others = async () => {
    const { registration_token: tokens, ...rest } = await wholeRoll(server.database);
    return { ...rest, tokens: tokens.filter(({ id }) => id !== token.id) };
  };
  const before = await others();
  await revokeToken(server.admin, token.id);
  expect(await others()).toEqual(before);
});

test('agents that the token enrolled go on', async () => {
  const { secret, token } = await issueToken(server.admin, { maxUses: 2 });
  const agent = server.as((await register(server.anonymous, secret)).secret);
  await revokeToken(server.admin, token.id);
  expect(dataOf(await sync(agent)).syncAgent.generation).toBe(1);
  expect(await readToken(server.admin, token.id)).toMatchObject({ status: 'REVOKED', uses: 1, maxUses: 2 });
});

test.each(['01900000-0000-7000-8000-000000000000', 'rct_nothing', '', '\ud83d'])(
  'there is no token %j to revoke',
  async (id) => {
    expect(codes(await server.admin(REVOKE, { id }))).toEqual(['NOT_FOUND']);
  },
);

describe('the status of a token', () => {
  test('is REVOKED before USED before EXPIRED, and so is what its holder is told', async () => {
    const { secret, token } = await issueToken(server.admin);
    const state = async () => [
      (await readToken(server.admin, token.id)).status,
      ...codes(await tryToRegister(server.anonymous, secret)),
    ];
    expect((await readToken(server.admin, token.id)).status).toBe('ACTIVE');
    await expireToken(server.database, token.id);
    expect(await state()).toEqual(['EXPIRED', 'TOKEN_EXPIRED']);
    await server.database.query('UPDATE registration_token SET uses = max_uses WHERE id = $1', [token.id]);
    expect(await state()).toEqual(['USED', 'TOKEN_USED']);
    await revokeToken(server.admin, token.id);
    expect(await state()).toEqual(['REVOKED', 'TOKEN_REVOKED']);
  });

  test('is ACTIVE until the last use is spent', async () => {
    const { secret, token } = await issueToken(server.admin, { maxUses: 2 });
    await register(server.anonymous, secret);
    expect(await readToken(server.admin, token.id)).toMatchObject({
      status: 'ACTIVE',
      uses: 1,
      lastUsedAt: expect.any(String),
    });
    await register(server.anonymous, secret);
    expect(await readToken(server.admin, token.id)).toMatchObject({ status: 'USED', uses: 2 });
  });
});
