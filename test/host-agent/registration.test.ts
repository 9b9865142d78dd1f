import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { makeHome, makeKey, makeToken, startAgent, until, type AgentHome } from './agent-run';
import { data, lost, page, refusal, startScriptedServer, type ScriptedServer, type Step } from './scripted-server';

const AGENT_ID = '0190d5f0-0000-7000-8000-000000000001';

let home: AgentHome;
let server: ScriptedServer;
let token: string;

beforeEach(() => {
  home = makeHome();
  token = makeToken();
});

afterEach(async () => {
  await server?.close();
  home.remove();
});

function registered(key: string): Step {
  return data({ registerAgent: { agentId: AGENT_ID, secret: key } });
}

async function serve(...steps: Step[]): Promise<void> {
  server = await startScriptedServer(steps);
  home.configure({
    registration: { token },
    agent: { id: '' },
    central: { api_url: `${server.url}/pmp/`, api_key: '' },
    server: { hostname: 'db1', environment: 'RUN', datacenter: 'eu-west' },
  });
}

test('sends the facts below the base path, shows id and key, and keeps the key in the state folder', async () => {
  const key = makeKey();
  await serve(registered(key));
  const run = startAgent(home, { register: true });
  expect(await run.exitCode).toBe(0);
  expect(server.calls).toHaveLength(1);
  const [call] = server.calls;
  expect(call).toMatchObject({ url: '/pmp/graphql', operation: 'registerAgent', authorization: undefined });
  expect(call?.input).toMatchObject({ token, node: { name: 'db1', region: 'eu-west', environment: 'RUN' } });
  const out = run.out.join('\n');
  expect(out).toContain(`Agent ID: ${AGENT_ID}`);
  expect(out).toContain(`API Key:  ${key}`);
  expect(out).toContain('ACTION REQUIRED');
  expect(out.indexOf('Hostname:')).toBeLessThan(out.indexOf('Agent ID:'));
  expect(home.state()).toMatchObject({ agentId: AGENT_ID, key });
  expect(statSync(home.stateFile).mode & 0o777).toBe(0o600);
  expect(readFileSync(home.configFile, 'utf8')).toContain(token);
});

test('leaves the address to the server when the server is on this machine', async () => {
  await serve(registered(makeKey()));
  await startAgent(home, { register: true }).exitCode;
  expect(server.calls[0]?.input['node']).not.toHaveProperty('address');
});

test('with --write stores id and key in the configuration, clears the token and does not show the key', async () => {
  const key = makeKey();
  await serve(registered(key));
  const run = startAgent(home, { register: true, write: true });
  expect(await run.exitCode).toBe(0);
  const config = readFileSync(home.configFile, 'utf8');
  expect(config).toContain(`id: "${AGENT_ID}"`);
  expect(config).toContain(`api_key: "${key}"`);
  expect(config).not.toContain(token);
  expect(statSync(home.configFile).mode & 0o777).toBe(0o600);
  expect([...run.out, ...run.err].join('\n')).not.toContain(key);
});

test('asks again under the same registration id, stored beforehand, when an answer is lost', async () => {
  const key = makeKey();
  const storedAtFirstCall: unknown[] = [];
  const loseAndLook: Step = (response, call) => {
    storedAtFirstCall.push(home.state()['registration']);
    lost(response, call);
  };
  await serve(loseAndLook, registered(key));
  const run = startAgent(home, { register: true });
  expect(await run.exitCode).toBe(0);
  const ids = server.calls.map(({ input }) => input['registrationId']);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
  expect(storedAtFirstCall).toEqual([expect.objectContaining({ registrationId: ids[0] })]);
  expect(run.err.join('\n')).toMatch(/Trying again in 1 s/);
});

test('keeps the registration id over runs that did not succeed, and takes a new one for a new token', async () => {
  await serve(refusal('INTERNAL_SERVER_ERROR'));
  await startAgent(home, { register: true }).exitCode;
  await startAgent(home, { register: true }).exitCode;
  home.configure({
    registration: { token: makeToken() },
    central: { api_url: server.url },
    server: { hostname: 'db1' },
  });
  await startAgent(home, { register: true }).exitCode;
  const [first, second, third] = server.calls.map(({ input }) => input['registrationId']);
  expect(second).toBe(first);
  expect(third).not.toBe(first);
});

test('waits as long as a busy server asks for, then registers', async () => {
  await serve(
    refusal('RATE_LIMITED', { retryAfterSeconds: 7 }),
    page(503, '', { 'retry-after': '9' }),
    registered(makeKey()),
  );
  const run = startAgent(home, { register: true });
  expect(await run.exitCode).toBe(0);
  expect(run.waits).toEqual([7_000, 9_000]);
});

test('gives up with exit code 6 when the wait would outlast its patience', async () => {
  await serve(refusal('UNAVAILABLE', { retryAfterSeconds: 400 }));
  const run = startAgent(home, { register: true, patience: 300_000 });
  expect(await run.exitCode).toBe(6);
  expect(server.calls).toHaveLength(1);
  expect(run.waits).toEqual([]);
});

test('gives up on an unreachable server with exit code 6 and the remedy', async () => {
  await serve(lost);
  await server.close();
  const run = startAgent(home, { register: true, patience: 100 });
  expect(await run.exitCode).toBe(6);
  expect(run.err.at(-1)).toMatch(/no connection \(.*ECONNREFUSED.*\); check central\.api_url/);
});

test.each([
  ['TOKEN_INVALID', 4],
  ['TOKEN_USED', 4],
  ['TOKEN_EXPIRED', 4],
  ['TOKEN_REVOKED', 4],
  ['TOKEN_NOT_APPLICABLE', 4],
  ['CONFLICT', 5],
  ['BAD_USER_INPUT', 1],
  ['INTERNAL_SERVER_ERROR', 1],
])('does not try again after %s, and exits with %i', async (code, exitCode) => {
  await serve(refusal(code, { fields: [{ path: 'input.node.name', message: 'is odd' }] }, 'The thing is so.'));
  const run = startAgent(home, { register: true });
  expect(await run.exitCode).toBe(exitCode);
  expect(server.calls).toHaveLength(1);
  expect(run.err).toHaveLength(1);
  expect(run.err[0]).toContain(`The thing is so; input.node.name: is odd (${code}); `);
});

test('takes a page of a proxy for what it is', async () => {
  await serve(page(404));
  const run = startAgent(home, { register: true });
  expect(await run.exitCode).toBe(1);
  expect(run.err[0]).toContain('not a Rollcall server (HTTP 404); check central.api_url');
});

test('does not take an answer without a well-formed agent key', async () => {
  await serve(registered('rca_short'));
  const run = startAgent(home, { register: true });
  expect(await run.exitCode).toBe(1);
  expect(run.err[0]).toContain('not a Rollcall server');
});

test('refuses an endless answer', async () => {
  await serve(page(200, 'x'.repeat(1_100_000)));
  const run = startAgent(home, { register: true });
  expect(await run.exitCode).toBe(1);
  expect(run.err[0]).toContain('too long');
});

test('prints no control characters and no secrets that a server sends', async () => {
  await serve(refusal('CONFLICT', {}, `evil\u001b[2J\u202e ${token}`));
  const run = startAgent(home, { register: true });
  expect(await run.exitCode).toBe(5);
  const said = run.err.join('\n');
  for (const forbidden of ['\u001b', '\u202e', 'rct_']) expect(said).not.toContain(forbidden);
});

test('tells a mangled token without asking the server', async () => {
  token = `${makeToken().slice(0, -1)}x`;
  await serve(registered(makeKey()));
  const run = startAgent(home, { register: true });
  expect(await run.exitCode).toBe(4);
  expect(server.calls).toHaveLength(0);
  expect(run.err.join('\n')).not.toContain(token);
});

test('does nothing when it is registered already', async () => {
  await serve(registered(makeKey()));
  home.configure({ registration: { token }, agent: { id: AGENT_ID }, central: { api_url: server.url } });
  const run = startAgent(home, { register: true });
  expect(await run.exitCode).toBe(0);
  expect(run.out.join('\n')).toContain(`already registered as agent ${AGENT_ID}`);
  expect(server.calls).toHaveLength(0);
});

test('takes a run up again that ended before the configuration was written, without another registration', async () => {
  const key = makeKey();
  await serve(registered(key));
  await startAgent(home, { register: true }).exitCode;
  const run = startAgent(home, { register: true, write: true });
  expect(await run.exitCode).toBe(0);
  expect(server.calls).toHaveLength(1);
  expect(readFileSync(home.configFile, 'utf8')).toContain(key);
});

test('stops at once while it waits for an answer, and does not pass for registered', async () => {
  await serve(() => undefined);
  const run = startAgent(home, { register: true });
  await until(() => server.calls.length === 1);
  run.stop();
  expect(await run.exitCode).toBe(1);
  expect(run.err).toEqual(['Not registered: stopped. Run the same command again.']);
});

test('says which setting to set when the name of the host is no node name', async () => {
  await serve(registered(makeKey()));
  home.configure({ registration: { token }, central: { api_url: server.url }, server: { hostname: '-bad name' } });
  const run = startAgent(home, { register: true });
  expect(await run.exitCode).toBe(2);
  expect(run.err.join('\n')).toContain('server.hostname must be');
});

test('takes the name of the machine when the configuration has none', async () => {
  await serve(registered(makeKey()));
  home.configure({ registration: { token }, central: { api_url: server.url } });
  await startAgent(home, { register: true }).exitCode;
  expect(server.calls[0]?.input).toMatchObject({ node: { name: hostname() } });
});

test('refuses a state folder that others can open', async () => {
  await serve(registered(makeKey()));
  mkdirSync(`${home.folder}/config.state`, { mode: 0o755 });
  const run = startAgent(home, { register: true });
  expect(await run.exitCode).toBe(2);
  expect(run.err[0]).toContain('chmod 700');
  expect(server.calls).toHaveLength(0);
});
