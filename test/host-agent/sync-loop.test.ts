import { makeHome, makeKey, startAgent, until, type AgentHome, type AgentRun } from './agent-run';
import {
  data,
  lost,
  page,
  refusal,
  startScriptedServer,
  synced,
  type ScriptedServer,
  type Step,
} from './scripted-server';

let home: AgentHome;
let server: ScriptedServer;
let key: string;
let run: AgentRun;

beforeEach(() => {
  home = makeHome();
  key = makeKey();
});

afterEach(async () => {
  run?.stop();
  await run?.exitCode;
  await server?.close();
  home.remove();
});

async function start(...steps: Step[]): Promise<void> {
  server = await startScriptedServer(steps);
  home.configure({ central: { api_url: server.url, api_key: key } });
  run = startAgent(home);
}

/** Lets the agent make so many calls, then stops it. */
async function callsOf(count: number): Promise<ScriptedServer['calls']> {
  await until(() => server.calls.length >= count);
  run.stop();
  expect(await run.exitCode).toBe(0);
  return server.calls;
}

test('syncs with its key at the interval that the server tells, and reports the generation it was told', async () => {
  await start(synced(20, 7));
  const [first, second] = await callsOf(2);
  expect(first).toMatchObject({ operation: 'syncAgent', authorization: `Bearer ${key}` });
  expect(first?.input).not.toHaveProperty('generation');
  expect(first?.input).not.toHaveProperty('previousBootId');
  expect(second?.input).toMatchObject({ bootId: first?.input['bootId'], generation: 7 });
  expect(run.waits[0]).toBe(20_000);
});

test('speaks only once while all is well', async () => {
  await start(synced(20));
  await callsOf(5);
  expect(run.out).toEqual([`Syncing with ${server.url} every 20 s.`]);
  expect(run.err).toEqual([]);
});

test('takes a new boot id at each start, stored before it is sent, and names the one before that was answered', async () => {
  const stored: unknown[] = [];
  await start((response, call) => {
    stored.push(home.state()['unansweredBootId']);
    synced()(response, call);
  });
  const [first] = await callsOf(2);
  const count = server.calls.length;
  run = startAgent(home);
  const second = (await callsOf(count + 1))[count];
  expect(stored[0]).toBe(first?.input['bootId']);
  expect(second?.input['previousBootId']).toBe(first?.input['bootId']);
  expect(second?.input['bootId']).not.toBe(first?.input['bootId']);
});

test('goes on under the boot id of a run that no answer came to: the server may have heard of it or not', async () => {
  await start(synced(), lost);
  const [answered] = await callsOf(2);
  const runs: unknown[][] = [];
  for (let time = 0; time < 2; time++) {
    const count = server.calls.length;
    run = startAgent(home);
    const { input } = (await callsOf(count + 1))[count]!;
    runs.push([input['bootId'], input['previousBootId']]);
  }
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[0]).toEqual([expect.any(String), answered?.input['bootId']]);
});

test('backs off, never beyond the interval told, and tells only that it lost the server and is back', async () => {
  await start(synced(4), lost, lost, lost, lost, lost, synced(4));
  await callsOf(8);
  const [told, ...failures] = run.waits.slice(0, 6);
  expect(told).toBe(4_000);
  [1, 2, 4, 4, 4].forEach((seconds, index) => {
    expect(failures[index]).toBeGreaterThanOrEqual(seconds * 500);
    expect(failures[index]).toBeLessThanOrEqual(seconds * 1_000);
  });
  expect(run.err).toHaveLength(1);
  expect(run.err[0]).toMatch(/^Lost: /);
  expect(run.out.slice(1)).toEqual([`Back: ${server.url} answers again.`]);
});

test('recovers from whatever a proxy says while the server is away', async () => {
  await start(page(502), page(404), page(200, 'x'.repeat(1_100_000)), refusal('INTERNAL_SERVER_ERROR'), synced());
  await callsOf(6);
  expect(run.out).toEqual([`Syncing with ${server.url} every 15 s.`]);
});

test.each(['RATE_LIMITED', 'UNAVAILABLE'])('waits after %s as long as it is asked to', async (code) => {
  await start(refusal(code, { retryAfterSeconds: 42 }), synced());
  await callsOf(2);
  expect(run.waits[0]).toBe(42_000);
});

test.each([
  [-5, 1],
  [0, 1],
  [1e9, 3_600],
])('does not take an interval of %d seconds at its word', async (told, meant) => {
  await start(synced(told));
  await callsOf(2);
  expect(run.waits[0]).toBe(meant * 1_000);
});

test.each(['KEY_EXPIRED', 'KEY_REVOKED', 'KEY_ROTATED', 'AGENT_REMOVED', 'AGENT_REPLACED'])(
  'ends with one line and exit code 4 after %s',
  async (reason) => {
    await start(synced(), refusal('UNAUTHENTICATED', { reason }));
    expect(await run.exitCode).toBe(4);
    expect(run.err).toHaveLength(1);
    expect(run.err[0]).toContain(`(${reason})`);
    expect(server.calls).toHaveLength(2);
  },
);

test('ends with one line and exit code 4 when the key is no agent’s key', async () => {
  await start(refusal('FORBIDDEN'));
  expect(await run.exitCode).toBe(4);
  expect(run.err).toEqual([expect.stringContaining('not an agent’s key')]);
});

test('goes on every five minutes while the key is unknown without a reason, and says so once', async () => {
  await start(synced(), ...Array.from({ length: 3 }, () => refusal('UNAUTHENTICATED')), synced());
  await callsOf(5);
  expect(run.waits.slice(1, 4)).toEqual([300_000, 300_000, 300_000]);
  expect(run.err).toHaveLength(1);
  expect(run.err[0]).toContain('every 5 minutes');
});

test('never writes the key anywhere people read', async () => {
  await start(refusal('INTERNAL_SERVER_ERROR', {}, `no key ${key}`), data({ syncAgent: key }), synced());
  await callsOf(3);
  expect([...run.out, ...run.err].join('\n')).not.toContain(key);
});

test('stops at once while the server does not answer', async () => {
  await start(() => undefined);
  await until(() => server.calls.length === 1);
  run.stop();
  expect(await run.exitCode).toBe(0);
});

test('is told to register when there is a token but no key', async () => {
  home.configure({ registration: { token: 'rct_x' }, central: { api_url: 'http://127.0.0.1:1' } });
  run = startAgent(home);
  expect(await run.exitCode).toBe(2);
  expect(run.err).toEqual([expect.stringContaining('--register')]);
});

test('is told what is missing when it was registered and there is neither token nor key', async () => {
  home.configure({ agent: { id: 'a' }, central: { api_url: 'http://127.0.0.1:1' } });
  run = startAgent(home);
  expect(await run.exitCode).toBe(2);
  expect(run.err).toEqual([expect.stringContaining('neither a registration token nor a key')]);
});

test('warns of plain http beyond this machine', async () => {
  await start(synced());
  await callsOf(1);
  home.configure({ central: { api_url: 'http://rollcall.invalid', api_key: key } });
  run = startAgent(home);
  await until(() => run.err.length > 0);
  expect(run.err[0]).toContain('plain http');
});

test('refuses a second agent on the same state folder while the first runs', async () => {
  await start(synced());
  await until(() => server.calls.length > 0);
  const second = startAgent(home);
  expect(await second.exitCode).toBe(1);
  expect(second.err[0]).toContain(`(process ${process.pid})`);
});
