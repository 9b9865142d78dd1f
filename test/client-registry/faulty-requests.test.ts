import type { TestServer } from '../support/server';
import { ask, expire, makeAgentKey, openServer, publicIdOf, tryToAsk } from './requests';

let server: TestServer;
beforeAll(async () => (server = await openServer()));
afterAll(() => server.stop());

const rows = () => server.database.query('SELECT * FROM registration_request ORDER BY id');

describe('is BAD_USER_INPUT, and nothing is stored, for', () => {
  const good = makeAgentKey();

  test.each<[string, Record<string, unknown>, string[]]>([
    ['a public id that is too short', { keyPublicId: 'abc' }, ['input.keyPublicId']],
    ['a public id of other characters', { keyPublicId: 'abcdefghijk_' }, ['input.keyPublicId']],
    ['a whole key', { keyPublicId: good.text }, ['input.keyPublicId']],
    ['a hash that is too short', { keySecretHash: 'ab' }, ['input.keySecretHash']],
    ['a hash in upper case', { keySecretHash: 'A'.repeat(64) }, ['input.keySecretHash']],
    ['a faulty name', { node: { name: 'no spaces' } }, ['input.node.name']],
    ['too many tags', { node: { name: 'a', tags: Array.from({ length: 65 }, String) } }, ['input.node.tags']],
    ['a faulty version', { agentVersion: '' }, ['input.agentVersion']],
    ['faulty PostgreSQL', { postgresql: { version: '17', port: 0 } }, ['input.postgresql.port']],
    [
      'several at once',
      { keyPublicId: '', keySecretHash: '', node: { name: '' } },
      ['input.keyPublicId', 'input.keySecretHash', 'input.node.name'],
    ],
  ])('%s', async (_, changes, paths) => {
    const before = await rows();
    const { errors, text } = await tryToAsk(server.anonymous, good, changes);
    expect(errors.map(({ extensions }) => extensions)).toEqual([
      {
        code: 'BAD_USER_INPUT',
        fields: paths.map((path) => ({ path, message: expect.stringMatching(/\.$/) })),
      },
    ]);
    expect(text).not.toContain(good.text);
    expect(await rows()).toEqual(before);
  });

  test.each([
    [
      'a request that waits',
      async (key: ReturnType<typeof makeAgentKey>) => void (await ask(server.anonymous, key, 'db-owner')),
    ],
    [
      'one that is over',
      async (key: ReturnType<typeof makeAgentKey>) =>
        expire(server.database, (await ask(server.anonymous, key, 'db-owner-2')).requestId),
    ],
  ])('the public id of %s with another hash', async (_, make) => {
    const key = makeAgentKey();
    await make(key);
    const { errors } = await tryToAsk(server.anonymous, { ...makeAgentKey(), keyPublicId: key.keyPublicId });
    expect(errors[0]!.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.keyPublicId', message: expect.stringContaining('another') }],
    });
  });

  test('the public id of a key that came in otherwise, with whatever hash', async () => {
    const { errors } = await tryToAsk(server.anonymous, { ...good, keyPublicId: publicIdOf(server.keys.ADMIN) });
    expect(errors[0]!.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'input.keyPublicId' }] });
  });
});
