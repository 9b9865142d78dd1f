import { startServer } from '../support/server';
import { issue, rotate, setKey } from './key-requests';

test.each([
  ['an end later than the settings allow', { expires_at: `clock_timestamp() + interval '10 years'` }],
  ['no end, which the settings do not allow', { expires_at: 'NULL' }],
])('a key with %s is given one by an ADMIN’s rotation', async (_, { expires_at }) => {
  const strict = await startServer({
    apiKey: { defaultTtlSeconds: 7200, minimumTtlSeconds: 3600, maximumTtlSeconds: 86_400, neverExpires: false },
  });
  const key = await issue(strict.admin);
  await setKey(strict, key.secret, `expires_at = ${expires_at}`);
  const { apiKey } = await rotate(strict.admin, key.apiKey.id);
  expect(Date.parse(apiKey.expiresAt) - Date.parse(apiKey.createdAt)).toBeCloseTo(86_400_000, -3);
  await strict.stop();
});
