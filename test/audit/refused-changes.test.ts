import { randomUUID } from 'node:crypto';
import { issue, publicIdOf, revoke, rotate, tryToIssue, tryToRotate } from '../access/key-requests';
import { enrol } from '../support/enrol';
import { issueKey, startServer, type TestServer } from '../support/server';
import { Role } from '../../src/access/role';

// What a good key asked for and was refused is counted: told once the server has written what it counted.

let server: TestServer;
afterEach(() => server.database.drop());

const REVOKE_TOKEN = 'mutation ($id: ID!) { revokeRegistrationToken(input: { id: $id }) { token { id } } }';

async function refusals(): Promise<unknown[]> {
  await server.app.close();
  return server.database.query(
    `SELECT action, reason, actor_key_public_id AS actor, target_id AS target, count FROM audit_event
     WHERE outcome = 'REFUSED' ORDER BY action, reason`,
  );
}

test('changes that what is on the roll forbids are told with their actor and target, alike ones as one row', async () => {
  server = await startServer();
  const { admin, keys } = server;
  const { apiKey } = await issue(admin, { name: 'taken' });
  await tryToIssue(admin, { name: 'TAKEN' });
  const second = await issueKey(server.database.dataSource, Role.ADMIN);
  await rotate(admin, apiKey.id);
  await tryToRotate(server.as(second), apiKey.id);
  await tryToRotate(server.as(second), apiKey.id);
  const nobody = randomUUID();
  await admin(REVOKE_TOKEN, { id: nobody });
  const actor = publicIdOf(keys.ADMIN);
  expect(await refusals()).toEqual([
    { action: 'api_key.issue', reason: 'CONFLICT', actor, target: expect.any(String), count: 1 },
    { action: 'api_key.rotate', reason: 'CONFLICT', actor: publicIdOf(second), target: apiKey.id, count: 2 },
    { action: 'registration_token.revoke', reason: 'NOT_FOUND', actor, target: nobody, count: 1 },
  ]);
});

test('that the last ADMIN key stays is told, faulty input is not', async () => {
  server = await startServer();
  const { caller } = (await server.admin('{ caller { apiKey { id } } }')).data;
  await revoke(server.admin, caller.apiKey.id);
  await tryToIssue(server.admin, { name: '' });
  expect(await refusals()).toMatchObject([
    { action: 'api_key.revoke', reason: 'FAILED_PRECONDITION', target: caller.apiKey.id, count: 1 },
  ]);
});

test('a key without the role for a plain route is told, as it is in the API', async () => {
  server = await startServer();
  const { secret } = await enrol(server.admin);
  const answer = await fetch(`${server.url}/v1/version`, { headers: { authorization: `Bearer ${secret}` } });
  await server.as(secret)('{ nodes { totalCount } }');
  expect(answer.status).toBe(403);
  expect(await refusals()).toMatchObject([
    { action: 'api_key.forbidden', reason: 'FORBIDDEN', actor: publicIdOf(secret), count: 2 },
  ]);
});

test('a key that is presented after its end again and again is told with that key', async () => {
  server = await startServer();
  const former = await issue(server.admin);
  const successor = await rotate(server.admin, former.apiKey.id);
  await revoke(server.admin, successor.apiKey.id);
  for (const { secret } of [former, successor, successor]) await server.as(secret)('{ caller { role } }');
  expect(await refusals()).toMatchObject([
    { action: 'api_key.authenticate', reason: 'KEY_REVOKED', target: successor.apiKey.id, count: 2 },
    { action: 'api_key.authenticate', reason: 'KEY_ROTATED', target: former.apiKey.id, count: 1 },
  ]);
});
