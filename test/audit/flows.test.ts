import { randomUUID } from 'node:crypto';
import path from 'node:path';
import {
  CredentialKind,
  formatCredential,
  hashSecret,
  makeCredential,
  parseCredential,
} from '../../src/access/credential';
import { makeFirstAdminKey, resetAdminKey } from '../../src/access/first-admin-key';
import { issue, publicIdOf, revoke, rotate, rotateItself } from '../access/key-requests';
import { revokeToken } from '../enrolment/roll';
import { dataOf } from '../support/client';
import { issueToken, register, tryToRegister } from '../support/enrol';
import { temporaryFolder } from '../support/process';
import { startServer, type TestServer } from '../support/server';
import { verdict } from './trail';

let server: TestServer;
const folder = temporaryFolder();
/** Each secret that was at work, by what it is. */
const secrets = new Map<string, string>();

const seen = (what: string, secret: string): string => {
  secrets.set(what, secret);
  return secret;
};

/** The same credential with another secret. */
const guessed = (credential: string) =>
  formatCredential({ ...parseCredential(credential)!, secret: parseCredential(newKey())!.secret });
const newKey = () => makeCredential(CredentialKind.USER_KEY).text;
const present = (key: string) => server.as(key)('{ caller { role } }');

/** The life of a key: issued, replaced by itself and by an administrator, stolen, revoked. */
let life: { id: string; publicId: string; successors: string[] };

beforeAll(async () => {
  server = await startServer();
  Object.entries(server.keys).forEach(([role, key]) => seen(`the key of ${role}`, key));
  await administer();
  await enrolHosts();
  life = await liveAsKey();
  // Writes what was counted, and chains the rest.
  await server.app.close();
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

async function administer(): Promise<void> {
  const { manager } = server.database.dataSource;
  const file = path.join(folder.path, 'admin.key');
  await server.database.query(`DELETE FROM api_key WHERE role = 'ADMIN'`);
  seen('the first administrator key', (await makeFirstAdminKey(manager, file))!.text);
  const { text } = await resetAdminKey(manager, file);
  server.admin = server.as(seen('the administrator key of the reset', text));
}

async function enrolHosts(): Promise<void> {
  const { secret, token } = await issueToken(server.admin, { description: 'for all' });
  const input = { registrationId: seen('a registration id', randomUUID()), node: { name: 'told' } };
  seen('a token', secret);
  seen('a key whose answer was lost', (await register(server.anonymous, secret, input)).secret);
  seen('the key of an agent', (await register(server.anonymous, secret, input)).secret);
  await tryToRegister(server.anonymous, secret);
  await tryToRegister(server.anonymous, seen('a guessed token', guessed(secret)));
  await tryToRegister(server.anonymous, seen('half a token', secret.slice(0, 40)));
  await revokeToken(server.admin, token.id);
  await tryToRegister(server.anonymous, secret);
}

async function liveAsKey() {
  const first = await issue(server.admin, { name: 'a life', role: 'VIEWER' });
  seen('an issued key', first.secret);
  await server.as(first.secret)('{ auditEvents { totalCount } }');
  const rotationId = seen('a rotation id', randomUUID());
  const second = dataOf(await rotateItself(server.as(first.secret), first.apiKey.id, { rotationId })).rotateApiKey;
  seen('a key that a key gave itself', second.secret);
  await present(second.secret);
  await present(first.secret);
  const third = await rotate(server.admin, second.apiKey.id);
  seen('a key that an administrator replaced', third.secret);
  await present(third.secret);
  await revoke(server.admin, third.apiKey.id);
  await present(third.secret);
  await present(seen('a guessed key', guessed(third.secret)));
  await present(seen('an unknown key', newKey()));
  return {
    id: first.apiKey.id,
    publicId: first.apiKey.publicId,
    successors: [second, third].map(({ apiKey }) => apiKey.id),
  };
}

test('V12, V13: no secret is in the audit trail or its chain, nor any part or hash of one', async () => {
  const dump = await server.database.query<{ row: string }>(
    `SELECT to_jsonb(event)::text AS row FROM audit_event AS event UNION ALL SELECT to_jsonb(chain)::text FROM audit_chain AS chain`,
  );
  const text = dump.map(({ row }) => row).join('\n');
  const leaked = [...secrets].filter(([, secret]) => {
    const proof = parseCredential(secret)?.secret ?? secret;
    return [secret, proof, proof.slice(0, 20), hashSecret(proof).toString('hex')].some((part) => text.includes(part));
  });
  expect(leaked).toEqual([]);
  expect(secrets.size).toBe(17);
  expect(dump.length).toBeGreaterThan(30);
});

test('each flow has its row, and all of them are in the chain', async () => {
  const rows = await server.database.query<{ told: string }>(
    `SELECT concat_ws(' ', action, outcome, reason, CASE WHEN count > 1 THEN count END) AS told FROM audit_event ORDER BY at, id`,
  );
  const told = rows.map((row) => row.told);
  expect(told).toEqual([
    'api_key.bootstrap SUCCEEDED',
    'api_key.reset SUCCEEDED',
    'registration_token.issue SUCCEEDED',
    'agent.register SUCCEEDED',
    'agent.register SUCCEEDED retry of a registration whose answer was lost',
    'agent.register REFUSED TOKEN_USED',
    'registration_token.revoke SUCCEEDED',
    'agent.register REFUSED TOKEN_REVOKED',
    'api_key.issue SUCCEEDED',
    'api_key.rotate SUCCEEDED',
    'api_key.end SUCCEEDED its successor is in use',
    'api_key.authenticate REFUSED KEY_ROTATED',
    'api_key.rotate SUCCEEDED',
    'api_key.revoke SUCCEEDED',
    'api_key.authenticate REFUSED KEY_REVOKED',
    ...told.slice(15),
  ]);
  expect(told.slice(15).toSorted()).toEqual([
    'agent.register REFUSED TOKEN_INVALID 2',
    'api_key.authenticate REFUSED UNAUTHENTICATED 2',
    'api_key.forbidden REFUSED FORBIDDEN',
  ]);
  expect(await verdict(server.database)).toBe(18);
});

test('the rows of a key tell who did what to it, from where and in which request', async () => {
  const rows = await server.database.query<Record<string, unknown>>(
    `SELECT action, outcome, actor_name, actor_key_public_id, remote_address, target_id, target_name, request_id
     FROM audit_event WHERE target_id = ANY ($1) AND action <> 'api_key.forbidden' ORDER BY at, id`,
    [[life.id, ...life.successors]],
  );
  const admin = {
    actor_name: 'first administrator',
    actor_key_public_id: publicIdOf(secrets.get('the administrator key of the reset')!),
  };
  const itself = { actor_name: 'a life', actor_key_public_id: life.publicId };
  const successor = { ...itself, actor_key_public_id: publicIdOf(secrets.get('a key that a key gave itself')!) };
  const nobody = { actor_name: null, actor_key_public_id: null };
  const [second, third] = life.successors;
  const expected = [
    { ...admin, action: 'api_key.issue', target_id: life.id },
    { ...itself, action: 'api_key.rotate', target_id: life.id },
    { ...successor, action: 'api_key.end', target_id: life.id },
    { ...nobody, action: 'api_key.authenticate', target_id: life.id },
    { ...admin, action: 'api_key.rotate', target_id: second },
    { ...admin, action: 'api_key.revoke', target_id: third },
    { ...nobody, action: 'api_key.authenticate', target_id: third },
  ];
  expect(rows).toEqual(
    expected.map((row) => ({
      ...row,
      outcome: row.action === 'api_key.authenticate' ? 'REFUSED' : 'SUCCEEDED',
      remote_address: '127.0.0.1',
      target_name: 'a life',
      request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })),
  );
});
