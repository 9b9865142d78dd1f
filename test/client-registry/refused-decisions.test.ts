import { codes } from '../support/client';
import { enrol } from '../support/enrol';
import type { TestServer } from '../support/server';
import { wholeRoll } from '../enrolment/roll';
import {
  approve,
  ask,
  expire,
  makeAgentKey,
  openServer,
  reject,
  tryToApprove,
  tryToReject,
  type Asked,
} from './requests';

let server: TestServer;
beforeAll(async () => (server = await openServer()));
afterAll(() => server.stop());

const everything = async () => [
  await wholeRoll(server.database),
  await server.database.query('SELECT * FROM registration_request ORDER BY id'),
];

/** With another character at one place. */
const otherwise = (pairingId: string, at: number) =>
  pairingId.slice(0, at) + (pairingId[at] === '0' ? '1' : '0') + pairingId.slice(at + 1);
const fortyTags = (prefix: string) => Array.from({ length: 40 }, (_, index) => `${prefix}${index}`);

describe('is refused, and changes nothing:', () => {
  let asked: Asked;
  let other: Asked;
  beforeAll(async () => {
    asked = await ask(server.anonymous, makeAgentKey(), 'db-refused');
    other = await ask(server.anonymous, makeAgentKey(), 'db-other');
  });

  test.each<[string, () => Record<string, unknown>, string, string]>([
    [
      'a pairing ID of another request',
      () => ({ pairingId: other.pairingId }),
      'FAILED_PRECONDITION',
      'input.pairingId',
    ],
    ...[0, 1, 2, 3, 5, 6, 7, 8].map((at): [string, () => Record<string, unknown>, string, string] => [
      `one that is wrong in character ${at}`,
      () => ({ pairingId: otherwise(asked.pairingId, at) }),
      'FAILED_PRECONDITION',
      'input.pairingId',
    ]),
    [
      'another request with this pairing ID',
      () => ({ requestId: other.requestId }),
      'FAILED_PRECONDITION',
      'input.pairingId',
    ],
    ['a part of it', () => ({ pairingId: asked.pairingId.slice(0, 8) }), 'BAD_USER_INPUT', 'input.pairingId'],
    ['none', () => ({ pairingId: '' }), 'BAD_USER_INPUT', 'input.pairingId'],
    ['one with a space', () => ({ pairingId: asked.pairingId.replace('-', ' ') }), 'BAD_USER_INPUT', 'input.pairingId'],
    [
      'one with two dashes',
      () => ({ pairingId: asked.pairingId.replace('-', '--') }),
      'BAD_USER_INPUT',
      'input.pairingId',
    ],
    ['one with a letter that is none of them', () => ({ pairingId: 'OOOO-IIII' }), 'BAD_USER_INPUT', 'input.pairingId'],
    [
      'an id that there is not',
      () => ({ requestId: '01890000-0000-7000-8000-000000000000' }),
      'NOT_FOUND',
      'input.requestId',
    ],
    ['an id that is none', () => ({ requestId: 'nonsense' }), 'NOT_FOUND', 'input.requestId'],
    ['a faulty environment', () => ({ environment: 'a\nb' }), 'BAD_USER_INPUT', 'input.environment'],
    ['a faulty tag', () => ({ tags: ['good', ''] }), 'BAD_USER_INPUT', 'input.tags.1'],
    ['a faulty label', () => ({ labels: [{ name: '1', value: '' }] }), 'BAD_USER_INPUT', 'input.labels.0'],
  ])('an approval with %s', async (_, wrong, code, path) => {
    const before = await everything();
    const { errors } = await tryToApprove(server.admin, { ...asked, ...wrong() }, wrong());
    expect(errors).toMatchObject([{ extensions: { code, fields: [{ path }] } }]);
    expect(await everything()).toEqual(before);
  });

  test('an approval that makes too many tags with those that were asked for, by its own field', async () => {
    const many = await ask(server.anonymous, makeAgentKey(), 'db-many', {
      node: { name: 'db-many', tags: fortyTags('a') },
    });
    const before = await everything();
    const { errors } = await tryToApprove(server.admin, many, { tags: fortyTags('b') });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'input.tags' }] } }]);
    expect(await everything()).toEqual(before);
  });

  test('an approval whose service name is another node’s: CONFLICT, and the request waits on', async () => {
    await enrol(server.admin, { node: { name: 'db-has-it' }, postgresql: { version: '17', name: 'taken' } });
    const wanting = await ask(server.anonymous, makeAgentKey(), 'db-wants-it', {
      postgresql: { version: '17', name: 'taken' },
    });
    const before = await everything();
    expect(codes(await tryToApprove(server.admin, wanting))).toEqual(['CONFLICT']);
    expect(await everything()).toEqual(before);
  });

  test.each([
    ['approved', 'approved already'],
    ['rejected', 'rejected already'],
    ['expired', 'has expired'],
  ])('a decision on a request that is %s: FAILED_PRECONDITION says so', async (state, said) => {
    const done = await ask(server.anonymous, makeAgentKey(), `db-done-${state}`);
    if (state === 'approved') await approve(server.admin, done);
    else if (state === 'rejected') await reject(server.admin, done.requestId);
    else await expire(server.database, done.requestId);
    const before = await everything();
    for (const answer of [
      await tryToApprove(server.admin, done),
      await tryToApprove(server.admin, done, { replace: true }),
      await tryToReject(server.admin, done.requestId),
    ])
      expect(answer.errors).toMatchObject([
        { message: expect.stringContaining(said), extensions: { code: 'FAILED_PRECONDITION' } },
      ]);
    expect(await everything()).toEqual(before);
  });

  test.each([
    ['no id', 'nonsense', undefined, 'NOT_FOUND'],
    ['an empty reason', undefined, '', 'BAD_USER_INPUT'],
    ['too long a reason', undefined, 'r'.repeat(501), 'BAD_USER_INPUT'],
  ])('a rejection with %s', async (_, id, reason, code) => {
    const before = await everything();
    expect(codes(await tryToReject(server.admin, id ?? asked.requestId, reason))).toEqual([code]);
    expect(await everything()).toEqual(before);
  });
});
