import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { makeHome, makeKey, startAgent, until, type AgentHome, type AgentRun } from './agent-run';
import {
  data,
  KEY_ID,
  keyLife,
  refusal,
  SERVER_TIME,
  startScriptedServer,
  synced,
  type Asides,
  type ReceivedCall,
  type ScriptedServer,
  type Step,
} from './scripted-server';

let home: AgentHome;
let server: ScriptedServer;
let run: AgentRun;
const [oldKey, newKey, newestKey] = [makeKey(), makeKey(), makeKey()];

beforeEach(() => {
  home = makeHome();
});

afterEach(async () => {
  run?.stop();
  await run?.exitCode;
  await server?.close();
  home.remove();
});

/** A key that is good for three hours; each sync is answered at so many minutes of these, the last one again and again. */
const [LIMITED, HOUR] = [keyLife(after(180)), 60];

function after(minutes: number): string {
  return new Date(Date.parse(SERVER_TIME) + minutes * 60_000).toISOString();
}

function syncedAt(...minutes: number[]): Step[] {
  return minutes.map((minute) => synced(15, 1, after(minute)));
}

const rotated = (secret: string): Step => data({ rotateApiKey: { secret } });
const unknownKey = refusal('UNAUTHENTICATED');

/** A folder cannot be replaced by a file, not even by root. */
const breakState: Step = (response, call) => {
  rmSync(home.stateFile);
  mkdirSync(home.stateFile);
  LIMITED(response, call);
};

async function start(steps: Step[], asides: Asides): Promise<void> {
  server = await startScriptedServer(steps, { asides });
  home.configure({ central: { api_url: server.url, api_key: oldKey } });
  run = startAgent(home);
}

async function callsOf(count: number): Promise<(string | undefined)[]> {
  await until(() => server.calls.length >= count);
  run.stop();
  expect(await run.exitCode).toBe(0);
  return server.calls.slice(0, count).map(keyOf);
}

function keyOf({ authorization }: ReceivedCall): string | undefined {
  return authorization?.replace('Bearer ', '');
}

function rotations(): ReceivedCall[] {
  return server.asides.filter(({ operation }) => operation === 'rotateApiKey');
}

test('a key without an end is never renewed, and its life is asked for once', async () => {
  await start(syncedAt(0, 1e6), { caller: [keyLife(null)], rotateApiKey: [rotated(newKey)] });
  await callsOf(8);
  expect(server.asides.map(({ operation }) => operation)).toEqual(['caller']);
});

test('a limited key is renewed when two thirds of its life are over by the server’s clock, and not before', async () => {
  const minutes = [0, 119.9, 120];
  await start(syncedAt(...minutes), { caller: [LIMITED, keyLife(null)], rotateApiKey: [rotated(newKey)] });
  await until(() => rotations().length > 0);
  expect(server.calls).toHaveLength(3);
  expect(rotations().map(keyOf)).toEqual([oldKey]);
  expect(await callsOf(5)).toEqual([oldKey, oldKey, oldKey, newKey, newKey]);
  expect(run.out[1]).toBe('This agent’s key was renewed; the former one is forgotten.');
});

test('each step is stored before the next: the id before it is sent, both keys before the new one is used, then the new one alone', async () => {
  const states: Record<string, unknown>[] = [];
  const noting =
    (step: Step): Step =>
    (response, call) => {
      states.push(home.state());
      step(response, call);
    };
  const [due] = syncedAt(2 * HOUR);
  await start([due!, noting(due!), due!], {
    caller: [LIMITED, keyLife(null)],
    rotateApiKey: [noting(rotated(newKey))],
  });
  await callsOf(3);
  const { rotationId, id } = rotations()[0]!.input;
  expect(id).toBe(KEY_ID);
  expect(states).toEqual([
    expect.objectContaining({ key: oldKey, rotation: { rotationId, successor: null } }),
    expect.objectContaining({ key: oldKey, rotation: { rotationId, successor: newKey } }),
  ]);
  expect(home.state()).toMatchObject({ key: newKey, rotation: null });
  expect(readFileSync(home.stateFile, 'utf8')).not.toContain(oldKey);
});

test('the life of the new key counts after a renewal, and another renewal has another id', async () => {
  const caller = [LIMITED, keyLife(after(5 * HOUR), after(2 * HOUR), 'second'), keyLife(null)];
  const minutes = [2, 2, 3.9, 4, 4].map((hours) => hours * HOUR);
  await start(syncedAt(...minutes), { caller, rotateApiKey: [rotated(newKey), rotated(newestKey)] });
  expect(await callsOf(5)).toEqual([oldKey, newKey, newKey, newKey, newestKey]);
  expect(rotations().map(({ input }) => input['id'])).toEqual([KEY_ID, 'second']);
  expect(new Set(rotations().map(({ input }) => input['rotationId'])).size).toBe(2);
});

test('a renewal that fails is told once, keeps nobody from syncing, and is tried again under the same id after a growing while', async () => {
  const seconds = [0, 0.1, 1, 1.1, 3, 3, 3].map((second) => 2 * HOUR + second / 60);
  const failure = refusal('INTERNAL_SERVER_ERROR', {}, 'Something broke.');
  await start(syncedAt(...seconds), {
    caller: [LIMITED, keyLife(null)],
    rotateApiKey: [failure, failure, rotated(newKey)],
  });
  // Tried after the 1st sync, not the 2nd; after the 3rd, a second later; not the 4th; after the 5th, two seconds later.
  expect(await callsOf(6)).toEqual([oldKey, oldKey, oldKey, oldKey, oldKey, newKey]);
  expect(new Set(rotations().map(({ input }) => input['rotationId'])).size).toBe(1);
  expect(run.err).toEqual([
    `This agent’s key is not renewed: ${server.url}: Something broke (INTERNAL_SERVER_ERROR). Syncing goes on; trying again.`,
  ]);
});

test('a busy server is asked again no earlier than it says', async () => {
  const busy = refusal('RATE_LIMITED', { retryAfterSeconds: 60 });
  await start(syncedAt(120, 120.9, 121), { caller: [LIMITED, keyLife(null)], rotateApiKey: [busy, rotated(newKey)] });
  expect(await callsOf(4)).toEqual([oldKey, oldKey, oldKey, newKey]);
});

test('an end that cannot be asked for keeps nobody from syncing', async () => {
  await start(syncedAt(0, 0, 120), { caller: [refusal('UNAVAILABLE'), LIMITED], rotateApiKey: [rotated(newKey)] });
  expect(await callsOf(4)).toEqual([oldKey, oldKey, oldKey, newKey]);
});

test('a key that somebody else has rotated goes on until its end, with the remedy told once', async () => {
  const conflict = refusal('CONFLICT', {}, 'The key was rotated already.');
  await start(syncedAt(120, 130, 140, 150), { caller: [LIMITED], rotateApiKey: [conflict] });
  await callsOf(6);
  expect(rotations()).toHaveLength(4);
  expect(run.err).toEqual([expect.stringContaining('(CONFLICT). Put its successor into central.api_key and restart')]);
});

test('while the state cannot be written no rotation is begun, syncing goes on, and then it is made up for', async () => {
  const mendState: Step = (response, call) => {
    expect(rotations()).toEqual([]);
    rmdirSync(home.stateFile);
    syncedAt(150)[0]!(response, call);
  };
  const [first, second, last] = syncedAt(120, 130, 150);
  await start([first!, second!, mendState, last!], {
    caller: [breakState, keyLife(null)],
    rotateApiKey: [rotated(newKey)],
  });
  expect(await callsOf(4)).toEqual([oldKey, oldKey, oldKey, newKey]);
  expect(run.err).toEqual([expect.stringMatching(/not renewed: .*state\.json cannot be written .* Syncing goes on/)]);
});

test.each([
  ['does not know', unknownKey],
  [
    'does not tell about, as others behind the address present wrong ones',
    refusal('RATE_LIMITED', { retryAfterSeconds: 1 }),
  ],
])(
  'a new key that the server %s gives way to the former at once, and is asked for again under the same id',
  async (_, refused) => {
    const [due] = syncedAt(120);
    await start([due!, refused, due!], {
      caller: [LIMITED, keyLife(null)],
      rotateApiKey: [rotated(newKey), rotated(newestKey)],
    });
    expect(await callsOf(4)).toEqual([oldKey, newKey, oldKey, newestKey]);
    // One wait after each sync that was answered, the last of them when its answer was read: none between the refusal and the former key.
    await until(() => run.waits.length >= 3);
    expect(run.waits).toHaveLength(3);
    const [first, second] = rotations();
    expect(keyOf(second!)).toBe(oldKey);
    expect(second?.input).toEqual(first?.input);
    expect(home.state()).toMatchObject({ key: newestKey, rotation: null });
  },
);

test('while the server knows neither key both are kept, and both are tried every five minutes', async () => {
  const [due] = syncedAt(120);
  const unknown = Array.from({ length: 4 }, () => unknownKey);
  await start([due!, ...unknown, due!], { caller: [LIMITED, keyLife(null)], rotateApiKey: [rotated(newKey)] });
  expect(await callsOf(7)).toEqual([oldKey, newKey, oldKey, newKey, oldKey, newKey, newKey]);
  expect(run.waits.slice(1, 3)).toEqual([300_000, 300_000]);
  expect(rotations()).toHaveLength(1);
});

test.each(['KEY_REVOKED', 'AGENT_REMOVED'])(
  'a new key that is refused with %s ends the agent: the former one is no way round',
  async (reason) => {
    const [due] = syncedAt(120);
    await start([due!, refusal('UNAUTHENTICATED', { reason })], { caller: [LIMITED], rotateApiKey: [rotated(newKey)] });
    expect(await run.exitCode).toBe(4);
    expect(server.calls.map(keyOf)).toEqual([oldKey, newKey]);
  },
);

test('a rotation that was begun is brought to its end at the next start, whatever is left of the life', async () => {
  await start(syncedAt(120), { caller: [LIMITED], rotateApiKey: [() => undefined] });
  await until(() => rotations().length === 1);
  run.stop();
  await run.exitCode;
  await server.close();
  const [{ input }] = rotations() as [ReceivedCall];
  await start(syncedAt(0), { caller: [keyLife(null)], rotateApiKey: [rotated(newKey)] });
  expect(await callsOf(2)).toEqual([oldKey, newKey]);
  expect(rotations()[0]?.input).toEqual(input);
});

test('an answer without a well-formed agent’s key is not stored', async () => {
  await start(syncedAt(120), { caller: [LIMITED], rotateApiKey: [rotated('rca_short')] });
  expect(await callsOf(3)).toEqual([oldKey, oldKey, oldKey]);
  expect(home.state()).toMatchObject({ key: oldKey, rotation: { successor: null } });
});

test('stops at once while a renewal is not answered', async () => {
  await start(syncedAt(120), { caller: [LIMITED], rotateApiKey: [() => undefined] });
  await until(() => rotations().length === 1);
  run.stop();
  expect(await run.exitCode).toBe(0);
});

test('neither key is ever written where people read', async () => {
  const leaky = refusal('INTERNAL_SERVER_ERROR', {}, `no ${oldKey} and ${newKey}`);
  await start(syncedAt(120, 130, 140), { caller: [LIMITED], rotateApiKey: [leaky, rotated(newKey)] });
  await callsOf(4);
  expect([...run.out, ...run.err].join('\n')).not.toMatch(/rca_/);
  expect(existsSync(home.stateFile)).toBe(true);
});
