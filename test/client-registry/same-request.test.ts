import { openStage } from '../end-to-end/stage';
import { dataOf } from '../support/client';
import { hold, untilWaiting } from '../support/locks';
import { makeAgentKey, tryToAsk } from './requests';
import { openTwoServers, REGISTRY, tally, type TwoServers } from './two-servers';

jest.setTimeout(60_000);

const stage = openStage(afterAll);

let two: TwoServers;
beforeAll(async () => (two = await openTwoServers(stage)));

const stored = (keyPublicId: string) =>
  two.database.query('SELECT FROM registration_request WHERE key_public_id = $1', [keyPublicId]);

test('the first request of a key that is sent 20 times at once to both servers is one, and all are told the same', async () => {
  const key = makeAgentKey();
  const release = await hold(two.database, REGISTRY);
  const input = { node: { name: 'twenty' } };
  const asked = Array.from({ length: 20 }, (_, at) => tryToAsk(two.anonymous[at % 2]!, key, input));
  await untilWaiting(two.database, 4);
  await release();
  const answers = (await Promise.all(asked)).map((answer) => dataOf(answer).requestRegistration);
  expect(answers[0]).toMatchObject({ state: 'PENDING' });
  expect(answers).toEqual(Array.from({ length: 20 }, () => answers[0]));
  expect(await stored(key.keyPublicId)).toHaveLength(1);
});

test('of two keys with one public id that ask at once, the one that comes second is told nothing of the other', async () => {
  const [one, { keySecretHash }] = [makeAgentKey(), makeAgentKey()];
  const other = { ...one, keySecretHash };
  const release = await hold(two.database, REGISTRY);
  const asked = [one, other].map((key, at) => tryToAsk(two.anonymous[at]!, key));
  await untilWaiting(two.database, 2);
  await release();
  const answers = await Promise.all(asked);
  expect(tally(answers)).toEqual({ PENDING: 1, BAD_USER_INPUT: 1 });
  const refused = answers.find(({ errors }) => errors.length > 0)!;
  expect(refused.data).toBeNull();
  expect(await stored(one.keyPublicId)).toHaveLength(1);
});
