import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { makeHome, makeKey, makeToken, startAgent, until, type AgentHome } from './agent-run';
import { data, refusal, startScriptedServer, synced, type ScriptedServer, type Step } from './scripted-server';

const AGENT_ID = '0190d5f0-0000-7000-8000-000000000002';

let home: AgentHome;
let server: ScriptedServer;

beforeEach(() => {
  home = makeHome();
});

afterEach(async () => {
  await server.close();
  home.remove();
});

function configure(apiKey: string, token = ''): void {
  home.configure({
    registration: { token },
    agent: { id: '' },
    central: { api_url: server.url, api_key: apiKey },
    server: { hostname: 'db1' },
  });
}

function registered(key: string): Step {
  return data({ registerAgent: { agentId: AGENT_ID, secret: key } });
}

/** Runs the agent until it has made one more call; gives what it said on stderr, and the key that it came with. */
async function runOnce(): Promise<{ err: string[]; authorization: string | undefined }> {
  const before = server.calls.length;
  const run = startAgent(home);
  await until(() => server.calls.length > before);
  run.stop();
  await run.exitCode;
  return { err: run.err, authorization: server.calls[before]?.authorization };
}

test('a revoked key that is left in the configuration does not oust the one of a new registration, run after run', async () => {
  const [revokedKey, newKey] = [makeKey(), makeKey()];
  server = await startScriptedServer([
    refusal('UNAUTHENTICATED', { reason: 'KEY_REVOKED' }),
    registered(newKey),
    synced(),
  ]);
  configure(revokedKey);
  const refused = startAgent(home);
  expect(await refused.exitCode).toBe(4);
  expect(refused.err[0]).toMatch(/KEY_REVOKED.*clear agent\.id and central\.api_key, and run with --register/);
  configure(revokedKey, makeToken());
  expect(await startAgent(home, { register: true }).exitCode).toBe(0);

  for (const _ of ['first', 'second']) {
    expect(await runOnce()).toEqual({ err: [], authorization: `Bearer ${newKey}` });
    expect(home.state()).toMatchObject({ key: newKey, agentId: AGENT_ID });
  }
});

test('a key that is put into the configuration later is used, and the former state stays in a private file of its own', async () => {
  const [firstKey, otherKey] = [makeKey(), makeKey()];
  server = await startScriptedServer([registered(firstKey), synced()]);
  configure('', makeToken());
  await startAgent(home, { register: true }).exitCode;
  configure(otherKey);

  const { err, authorization } = await runOnce();

  expect(authorization).toBe(`Bearer ${otherKey}`);
  const folder = path.dirname(home.stateFile);
  const [copy] = readdirSync(folder).filter((name) => /^state-[0-9a-f]{12}\.json$/.test(name));
  expect(err).toEqual([expect.stringContaining(path.join(folder, copy!))]);
  expect(readFileSync(path.join(folder, copy!), 'utf8')).toContain(firstKey);
  expect(statSync(path.join(folder, copy!)).mode & 0o777).toBe(0o600);
});
