import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Client } from 'pg';
import { CredentialKind, formatCredential, parseCredential } from '../../src/access/credential';
import { issue, revoke, rotate, tryToIssue, tryToRotate, type GivenKey } from '../access/key-requests';
import { issueToken } from '../support/enrol';
import { startCanaryServer, type CanaryServer } from './canary-server';
import { startLeakSearch } from './leak-search';
import { openStage } from './stage';

jest.setTimeout(90_000);

const stage = openStage(afterAll);

const search = startLeakSearch();
const { watch, stranger, keepAnswer } = search;

let server: CanaryServer;
let database: Client;

beforeAll(async () => {
  server = await startCanaryServer(stage, search, {
    ROLLCALL_AGENT_KEY_TTL: '3h',
    ROLLCALL_SYNC_MINIMUM_INTERVAL: '1s',
  });
  database = await stage.connect(server.dataDir);
  const keys = await makeKeys();
  await presentKeys(keys);
  await malformOperations(keys['good']!);
  await breakDatabase();
  await renewAgentKey();
  await runCommands();
  await server.finish();
});

async function given(what: string, key: Promise<GivenKey>): Promise<GivenKey> {
  const { secret, apiKey } = await key;
  return { secret: watch(what, secret), apiKey };
}

/** A key of each kind, with rotations whose answers were lost. */
async function makeKeys(): Promise<Record<string, string>> {
  const { admin } = server;
  const good = await given('a good key', issue(admin, { role: 'EDITOR' }));
  const revoked = await given('a revoked key', issue(admin));
  await keepAnswer('the revocation', revoke(admin, revoked.apiKey.id));
  const expired = await given('an expired key', issue(admin, { ttl: '1h' }));
  await database.query(
    `UPDATE api_key SET created_at = created_at - interval '2 h', expires_at = expires_at - interval '2 h' WHERE id = $1`,
    [expired.apiKey.id],
  );
  const rotated = await given('a key that was rotated out', issue(admin));
  const rotationId = randomUUID();
  search.seed('a rotation id', rotationId);
  const lost = await given('a successor whose answer was lost', rotate(admin, rotated.apiKey.id, { rotationId }));
  const kept = await given('a successor given at a retry', rotate(admin, rotated.apiKey.id, { rotationId }));
  return {
    good: good.secret,
    revoked: revoked.secret,
    expired: expired.secret,
    rotated: rotated.secret,
    lost: lost.secret,
    kept: kept.secret,
    'wrong secret': withSecretOf(good.secret, stranger(CredentialKind.USER_KEY, 'a wrong secret')),
  };
}

/** The public id of one key with the secret of another: right in form, wrong in substance. */
function withSecretOf(one: string, other: string): string {
  return formatCredential({ ...parseCredential(one)!, secret: parseCredential(other)!.secret });
}

/** Each key in each place where one could stand, right or wrong. */
async function presentKeys(keys: Record<string, string>): Promise<void> {
  const query = JSON.stringify({ query: '{ caller { role name } }' });
  for (const [what, key] of Object.entries(keys)) {
    const headers = {
      Bearer: { authorization: `Bearer ${key}` },
      Basic: { authorization: `Basic ${btoa(`api_key:${key}`)}` },
      'Basic with another user': { authorization: `Basic ${btoa(`${key}:${key}`)}` },
      'no scheme': { authorization: key },
      cookie: { cookie: `api_key=${key}` },
    };
    for (const [how, header] of Object.entries(headers)) {
      await keepAnswer(`${what} key, ${how}`, server.post('/graphql', query, header));
      await keepAnswer(`${what} key, ${how}, version`, fetch(`${server.url}/v1/version`, { headers: header }));
    }
    await keepAnswer(`${what} key in the URL`, fetch(`${server.url}/v1/version?api_key=${key}`));
  }
}

/** A key where none belongs. */
async function malformOperations(key: string): Promise<void> {
  const { admin } = server;
  const inputs = [{ name: key }, { name: key, role: key }, { ttl: key }, { [key]: 1 }];
  for (const [index, input] of inputs.entries()) await keepAnswer(`malformed order ${index}`, tryToIssue(admin, input));
  const id = randomUUID();
  for (const [index, [reference, input]] of [[key, {}] as const, [id, { rotationId: key }] as const].entries())
    await keepAnswer(`malformed rotation ${index}`, tryToRotate(admin, reference, input));
  await keepAnswer('malformed revocation', revoke(admin, key));
  await keepAnswer(
    'a key as filter',
    admin('query ($name: String!) { apiKeys(filter: { name: { eq: $name } }) { nodes { id } } }', { name: key }),
  );
  await keepAnswer(
    'a key as cursor',
    admin('query ($key: String!) { auditEvents(after: $key) { nodes { id } } }', { key }),
  );
}

async function breakDatabase(): Promise<void> {
  const { admin } = server;
  const { apiKey } = await given('a key whose rotation failed', issue(admin));
  await database.query('ALTER TABLE audit_unchained ADD CONSTRAINT canary CHECK (false) NOT VALID');
  await keepAnswer('an order that could not be audited', tryToIssue(admin));
  await keepAnswer('a rotation that could not be audited', tryToRotate(admin, apiKey.id, { rotationId: randomUUID() }));
  await database.query('ALTER TABLE audit_unchained DROP CONSTRAINT canary');
}

/** An agent at two thirds of its key's life, which then renews it; the former one is presented once more. */
async function renewAgentKey(): Promise<void> {
  const { secret: token } = await issueToken(server.admin);
  watch('the token of the agent', token);
  const configFile = path.join(stage.folder(), 'config.yml');
  const central = `central:\n  api_url: ${server.url}\n`;
  writeFileSync(configFile, `registration:\n  token: ${token}\n${central}server:\n  hostname: db-1\n`);
  await server.run('agent, registration', ['agent', '--config', configFile, '--register', '--write']);
  const former = watch(
    'the first key of the agent',
    /api_key: "?(rca_\w+)/.exec(readFileSync(configFile, 'utf8'))![1]!,
  );
  const move = `created_at = created_at - interval '121 min', expires_at = expires_at - interval '121 min'`;
  await database.query(`UPDATE api_key SET ${move} WHERE role = 'AGENT'`);
  const agent = stage.start(['agent', '--config', configFile]);
  await agent.says(/This agent’s key was renewed/);
  await agent.kill();
  search.keep('agent', agent.output() + agent.errors());
  const state = JSON.parse(readFileSync(configFile.replace('.yml', '.state/state.json'), 'utf8'));
  watch('the renewed key of the agent', state.key);
  await keepAnswer('the former key of the agent', server.as(former)('{ caller { role } }'));
}

async function runCommands(): Promise<void> {
  const folder = stage.folder();
  const file = path.join(folder, 'secret');
  const secret = watch(
    'a key on stdout',
    await server.runForSecret('key issue', ['key', 'issue', '--name', 'a', '--role', 'admin']),
  );
  const { publicId } = parseCredential(secret)!;
  watch('its successor', await server.runForSecret('key rotate', ['key', 'rotate', publicId, '--grace', '1h']));
  await server.run('key issue into a file', ['key', 'issue', '--name', 'b', '--role', 'viewer', '--secret-file', file]);
  watch('a key in a file', readFileSync(file, 'utf8').trim());
  await server.run('key issue into the same file', [
    'key',
    'issue',
    '--name',
    'c',
    '--role',
    'viewer',
    '--secret-file',
    file,
  ]);
  await server.run('key list', ['key', 'list', '-o', 'json']);
  await server.run('key revoke', ['key', 'revoke', publicId, '-o', 'yaml']);
  await server.run('secret to revoke', ['key', 'revoke', secret]);
  await server.run('secret to rotate', ['key', 'rotate', secret]);
  await server.run('secret as name', ['key', 'issue', '--name', secret, '--role', secret]);
  await server.run('secret as anchor', ['audit', 'verify', '--anchor', secret]);
  await server.run('audit verify', ['audit', 'verify']);
  await server.run('audit export', ['audit', 'export']);
}

it('No secret of a key is in any log, error, answer, table or output of a command, but where it was handed out', () => {
  expect(search.leaks()).toEqual([]);
});

it('No key that was made, rotated or renewed is in a file of the data folder', () => {
  expect(server.holders()).toEqual(['admin.key', 'postgres.password']);
});

it('What was searched is what was meant: the flows ran, and their traces are there', () => {
  expect(search.seeds()).toBeGreaterThan(15);
  for (const action of ['api_key.issue', 'api_key.rotate', 'api_key.revoke', 'api_key.end', 'api_key.authenticate'])
    expect(search.kept('audit export')).toContain(action);
  expect(search.kept('good key, Basic, version')).toContain('full_version');
  expect(search.kept('rotated key, Bearer')).toContain('KEY_ROTATED');
  expect(search.kept('expired key, Basic')).toContain('KEY_EXPIRED');
  expect(search.kept('the former key of the agent')).toContain('KEY_ROTATED');
  expect(search.kept('an order that could not be audited')).toContain('INTERNAL_SERVER_ERROR');
  expect(search.kept('the output of the server')).toContain('"level":20');
});
