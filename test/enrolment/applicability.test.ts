import { matches } from '../../src/enrolment/claim';
import { codes } from '../support/client';
import { enrol, issueToken, register, tryToRegister } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { readToken, wholeRoll } from './roll';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

test.each([
  ['db-01', 'db-01', true],
  ['db-01', 'DB-01', true],
  ['DB-*', 'db-01', true],
  ['db-01', 'db-011', false],
  ['db-01', 'a-db-01', false],
  ['*', 'anything', true],
  ['**', 'a', true],
  ['db-*', 'db-', true],
  ['db-*', 'db', false],
  ['*-eu', 'db-eu', true],
  ['*-eu', 'db-eu-1', false],
  ['db-*-eu', 'db-7-eu', true],
  ['db-*-eu', 'db-eu', false],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['ab*ba', 'aba', false],
  ['*b*c*', 'abc', true],
  ['*c*b*', 'abc', false],
  ['a*b*b', 'ab', false],
  ['a*bc*bc', 'a-bc', false],
  ['a*bc*bc', 'abcbc', true],
  ['*.example.com', 'db-01xexample.com', false],
  ['db-[0-9]', 'db-1', false],
])('the pattern %s and the name %s: %p', (pattern, name, fits) => {
  expect(matches(pattern, name)).toBe(fits);
});

test.each(['*', 'db-*', 'other'])(
  'what is no node name is refused for that, whatever pattern the token has: %s',
  async (nodeName) => {
    const { secret } = await issueToken(server.admin, { nodeName });
    const before = await wholeRoll(server.database);
    for (const name of ['db-*', 'db-1\nother', 'db-1/../other', 'other\u0000', '']) {
      const answer = await tryToRegister(server.anonymous, secret, { node: { name } });
      expect({ name, codes: codes(answer) }).toEqual({ name, codes: ['BAD_USER_INPUT'] });
    }
    expect(await wholeRoll(server.database)).toEqual(before);
  },
);

test('a pattern of many stars costs no more than its length', () => {
  expect(matches(`${'*a'.repeat(126)}b`, 'a'.repeat(253))).toBe(false);
});

test.each([
  ['an exact name', 'Db-01.eu', 'db-01.EU', 'db-02.eu'],
  ['a pattern', 'web-*.eu', 'WEB-7.EU', 'web-7.us'],
])('a token with %s enrols that alone, and another name costs nothing', async (_, nodeName, good, bad) => {
  const { secret, token } = await issueToken(server.admin, { nodeName });
  const before = await wholeRoll(server.database);
  const answer = await tryToRegister(server.anonymous, secret, { node: { name: bad } });
  expect(codes(answer)).toEqual(['TOKEN_NOT_APPLICABLE']);
  expect(answer.errors[0]!.message).not.toContain(nodeName);
  expect(await wholeRoll(server.database)).toEqual(before);
  await register(server.anonymous, secret, { node: { name: good } });
  expect(await readToken(server.admin, token.id)).toMatchObject({ status: 'USED', uses: 1 });
});

test('a token that replaces a node enrols that alone, and another name costs nothing', async () => {
  const { nodeId } = await enrol(server.admin, { node: { name: 'bound-01' } });
  const { secret, token } = await issueToken(server.admin, { replacesNodeId: nodeId });
  const before = await wholeRoll(server.database);
  for (const name of ['bound-02', 'bound-0', 'bound-011'])
    expect(codes(await tryToRegister(server.anonymous, secret, { node: { name } }))).toEqual(['TOKEN_NOT_APPLICABLE']);
  expect(await wholeRoll(server.database)).toEqual(before);
  expect(await register(server.anonymous, secret, { node: { name: 'BOUND-01' } })).toMatchObject({ nodeId });
  expect(await readToken(server.admin, token.id)).toMatchObject({ status: 'USED' });
});

test('a token with a pattern and several uses enrols all that fit', async () => {
  const { secret } = await issueToken(server.admin, { nodeName: 'fleet-*', maxUses: 2 });
  await register(server.anonymous, secret, { node: { name: 'fleet-1' } });
  expect(codes(await tryToRegister(server.anonymous, secret, { node: { name: 'flotte-2' } }))).toEqual([
    'TOKEN_NOT_APPLICABLE',
  ]);
  await register(server.anonymous, secret, { node: { name: 'fleet-2' } });
  expect(codes(await tryToRegister(server.anonymous, secret, { node: { name: 'fleet-3' } }))).toEqual(['TOKEN_USED']);
});
