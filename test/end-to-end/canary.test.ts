import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CredentialKind } from '../../src/access/credential';
import { dataOf } from '../support/client';
import { issueToken, register, sync, tryToRegister } from '../support/enrol';
import { startCanaryServer, type CanaryServer } from './canary-server';
import { startLeakSearch } from './leak-search';
import { adminKey, openStage } from './stage';

jest.setTimeout(90_000);

const stage = openStage(afterAll);

const search = startLeakSearch();
const { watch, stranger, keepAnswer } = search;

let server: CanaryServer;

beforeAll(async () => {
  server = await startCanaryServer(stage, search);
  const token = await enrolAndRetry();
  await refuseRegistrations(token);
  await refuseKeys();
  await malformOperations(token);
  await runAgent();
  await runCommands();
  await breakDatabase(token);
  const former = adminKey(server.dataDir);
  await server.run('admin-key reset', ['admin-key', 'reset']);
  watch('the administrator key after the reset', adminKey(server.dataDir));
  await keepAnswer('the former administrator key', server.as(former)('{ caller { role } }'));
  await server.finish();
});

async function enrolAndRetry(): Promise<string> {
  const client = server.as();
  const { secret: token } = await issueToken(server.admin, { maxUses: 2 });
  watch('a registration token', token);
  const registrationId = randomUUID();
  search.seed('a registration id', registrationId);
  const lost = await register(client, token, { registrationId, node: { name: 'db-1' } });
  watch('a key whose answer was lost', lost.secret);
  const kept = await register(client, token, { registrationId, node: { name: 'db-1' } });
  watch('a key given at a retry', kept.secret);
  await keepAnswer('a key that was rotated out', sync(server.as(lost.secret)));
  await keepAnswer('a sync', sync(server.as(kept.secret)));
  const plain = await server.post('/api/v1/register', JSON.stringify({ token, hostname: 'db-2' }));
  watch('a key given over plain HTTP', ((await plain.json()) as { api_key: string }).api_key);
  return token;
}

async function refuseRegistrations(usedToken: string): Promise<void> {
  const client = server.as();
  const revoked = await issueToken(server.admin);
  watch('a revoked token', revoked.secret);
  dataOf(
    await server.admin('mutation ($id: ID!) { revokeRegistrationToken(input: { id: $id }) { token { id } } }', {
      id: revoked.token.id,
    }),
  );
  const tokens = {
    used: usedToken,
    revoked: revoked.secret,
    unknown: stranger(CredentialKind.REGISTRATION_TOKEN, 'an unknown token'),
    mangled: stranger(CredentialKind.REGISTRATION_TOKEN, 'a mangled token').slice(0, -1),
    lengthened: `${stranger(CredentialKind.REGISTRATION_TOKEN, 'a lengthened token')}0`,
  };
  for (const [what, token] of Object.entries(tokens)) {
    await keepAnswer(`${what} token`, tryToRegister(client, token));
    await keepAnswer(`${what} token, wrong fact`, tryToRegister(client, token, { node: { name: '-' } }));
    await keepAnswer(
      `${what} token over HTTP`,
      server.post('/api/v1/register', JSON.stringify({ token, hostname: 'db-3' })),
    );
    await keepAnswer(`${what} token as name`, tryToRegister(client, token, { node: { name: token, address: token } }));
  }
}

async function refuseKeys(): Promise<void> {
  const keys = {
    unknown: stranger(CredentialKind.USER_KEY, 'an unknown key'),
    mangled: stranger(CredentialKind.AGENT_KEY, 'a mangled key').slice(1),
    session: stranger(CredentialKind.SESSION, 'a session'),
  };
  for (const [what, key] of Object.entries(keys)) {
    await keepAnswer(`${what} key`, server.as(key)('{ caller { role } }'));
    await keepAnswer(
      `${what} key, Basic`,
      server.post('/graphql', '{"query":"{ caller { role } }"}', { authorization: `Basic ${key}` }),
    );
    await keepAnswer(`${what} key in the URL`, fetch(`${server.url}/graphql?api_key=${key}&query={caller{role}}`));
    await keepAnswer(`${what} key in the path`, fetch(`${server.url}/${key}`));
  }
}

/** Operations with a token where it does not belong, or which cannot be read at all. */
async function malformOperations(token: string): Promise<void> {
  const mutation = 'mutation ($input: RegisterAgentInput!) { registerAgent(input: $input) { agentId } }';
  const variables = [
    { token },
    { token: { token } },
    { token, node: token },
    { token, node: { name: 7 } },
    { token, node: { name: 'a' }, registrationId: token },
    token,
    { [token]: 1 },
  ];
  for (const [index, input] of variables.entries())
    await keepAnswer(`malformed variables ${index}`, server.as()(mutation, { input }));
  const documents = [
    `mutation { registerAgent(input: {token: "${token}"}) { agentId } }`,
    `mutation { registerAgent(input: {token: ${token}, node: {name: "a"}}) { agentId } }`,
    `mutation { registerAgent(input: {token: "${token}", node: {name: "a"}) { agentId } }`,
    `mutation { registerAgent(input: {token: "${token}`,
    `mutation { registerAgent(input: {token: 1, node: {name: "a"}, registrationId: "${token}"}) { agentId } }`,
    `mutation { ${token}(input: {}) { agentId } }`,
    `mutation ${token} { registerAgent(input: {token: "x", node: {name: "a"}}) { ${token} } }`,
    `query ($${token}: String) { version { version } }`,
    token,
    `# ${token}`,
  ];
  for (const [index, document] of documents.entries()) {
    await keepAnswer(`malformed document ${index}`, server.as()(document));
    await keepAnswer(`malformed document ${index}, administrator`, server.admin(document));
  }
  for (const [index, body] of [
    `{"token": "${token}"`,
    `{"token": ["${token}"]}`,
    `"${token}"`,
    token,
    `{"query": ${token}}`,
  ].entries())
    for (const route of ['/graphql', '/api/v1/register'])
      await keepAnswer(`body ${index} at ${route}`, server.post(route, body));
}

async function runAgent(): Promise<void> {
  const { secret: token } = await issueToken(server.admin);
  watch('the token of the agent', token);
  const configFile = path.join(stage.folder(), 'config.yml');
  const configure = (text: string) =>
    writeFileSync(
      configFile,
      `registration:\n  token: ${text}\ncentral:\n  api_url: ${server.url}\nserver:\n  hostname: db-4\n`,
    );
  configure(`${token}0`);
  await server.run('agent, mangled token', ['agent', '--config', configFile, '--register', '--write']);
  configure(`"${token}\n  : [`);
  await server.run('agent, broken file', ['agent', '--config', configFile, '--register', '--write']);
  configure(stranger(CredentialKind.REGISTRATION_TOKEN, 'another unknown token'));
  await server.run('agent, unknown token', ['agent', '--config', configFile, '--register', '--write']);
  configure(token);
  await server.run('agent, registration', ['agent', '--config', configFile, '--register', '--write']);
  watch('the key of the agent', /api_key: "?(rca_\w+)/.exec(readFileSync(configFile, 'utf8'))![1]!);
  const state = JSON.parse(readFileSync(path.join(path.dirname(configFile), 'config.state/state.json'), 'utf8'));
  search.seed('the registration id of the agent', state.registration.registrationId);
  const agent = stage.start(['agent', '--config', configFile]);
  await agent.says(/^Syncing with /m);
  await agent.kill('SIGTERM');
  search.keep('agent', agent.output() + agent.errors());
}

async function runCommands(): Promise<void> {
  const key = stranger(CredentialKind.USER_KEY, 'an unknown key of the command line');
  const token = stranger(CredentialKind.REGISTRATION_TOKEN, 'a token on the command line');
  await server.run('token list', ['token', 'list', '-o', 'json']);
  await server.run('node list', ['node', 'list', '-o', 'yaml']);
  await server.run('node show', ['node', 'show', 'db-1']);
  await server.run('unknown key', ['node', 'list'], { ROLLCALL_KEY: key });
  await server.run('mangled key', ['node', 'list'], { ROLLCALL_KEY: key.slice(0, -1) });
  await server.run('key as flag', ['node', 'list', '--key', key]);
  await server.run('key as option value', ['node', 'list', '--limit', key]);
  await server.run('token to revoke', ['token', 'revoke', token]);
  await server.run('token as command', [token]);
  await server.run('token as node', ['node', 'show', token]);
  await server.run('token in settings', ['config', 'check', '--port', token], { DATABASE_URL: token });
}

/** A statement that fails quotes its row in PostgreSQL's own words; none of them may come through. */
async function breakDatabase(token: string): Promise<void> {
  const database = await stage.connect(server.dataDir);
  const { secret } = await issueToken(server.admin);
  watch('a token whose registration failed', secret);
  await database.query('ALTER TABLE api_key ADD CONSTRAINT canary CHECK (false) NOT VALID');
  await keepAnswer('a broken database', tryToRegister(server.as(), secret, { registrationId: randomUUID() }));
  await keepAnswer(
    'a broken database over HTTP',
    server.post('/api/v1/register', JSON.stringify({ token: secret, hostname: 'db-5' })),
  );
  await database.query('ALTER TABLE api_key DROP CONSTRAINT canary');
  await database.query('ALTER TABLE registration_token RENAME TO moved');
  await keepAnswer('a table that is not there', tryToRegister(server.as(), token));
  await database.query('ALTER TABLE moved RENAME TO registration_token');
}

it('No secret is in any log, error, answer, table or output of a command, but where it was handed out', () => {
  expect(search.leaks()).toEqual([]);
});

it('Only the files that are meant to hold a secret hold one', () => {
  expect(server.holders()).toEqual(['admin.key', 'postgres.password']);
});

it('What was searched is what was meant: the flows ran, and their traces are there', () => {
  expect(search.seeds()).toBeGreaterThan(20);
  expect(search.kept('the output of the server')).toContain('"level":20');
  expect(search.kept('the output of the server')).toContain('unexpected error');
  expect(search.kept('the table audit_event')).toContain('agent.register');
  expect(search.kept('agent, registration')).toContain('Registration successful.');
  expect(search.kept('node show')).toContain('db-1');
  expect(search.kept('a broken database')).toContain('INTERNAL_SERVER_ERROR');
  expect(search.kept('used token')).toContain('TOKEN_USED');
});
