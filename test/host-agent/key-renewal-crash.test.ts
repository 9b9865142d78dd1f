import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { makeHome, makeKey, until, type AgentHome } from './agent-run';
import {
  data,
  keyLife,
  SERVER_TIME,
  startScriptedServer,
  synced,
  type Asides,
  type ScriptedServer,
  type Step,
} from './scripted-server';

jest.setTimeout(60_000);

let home: AgentHome;
let server: ScriptedServer;
let agent: ChildProcess;
const [oldKey, newKey, newestKey] = [makeKey(), makeKey(), makeKey()];

beforeEach(() => {
  home = makeHome();
});

afterEach(async () => {
  await killed();
  await server.close();
  home.remove();
});

/** Every sync finds a key whose life is nearly over; it comes again after a second. */
const due: Step = synced(1, 1, '2026-01-01T00:59:00.000Z');
const caller = [keyLife('2026-01-01T01:00:00.000Z', SERVER_TIME), keyLife(null)];
const rotated = (secret: string): Step => data({ rotateApiKey: { secret } });
const withheld: Step = () => undefined;

async function start(steps: Step[], asides: Asides): Promise<void> {
  server = await startScriptedServer(steps, { asides: { caller, ...asides } });
  home.configure({ central: { api_url: server.url, api_key: oldKey } });
  runAgent();
}

/** A process of its own, so that it can be killed in the middle of a step. */
function runAgent(): void {
  const words = ['--import', 'tsx', path.join(__dirname, '../../src/main.ts'), 'agent', '--config', home.configFile];
  agent = spawn(process.execPath, words, { cwd: path.join(__dirname, '../..'), stdio: 'ignore' });
}

async function killed(): Promise<void> {
  if (agent.exitCode !== null || agent.signalCode !== null) return;
  agent.kill('SIGKILL');
  await once(agent, 'exit');
}

async function killAndRunAgain(): Promise<void> {
  await killed();
  runAgent();
}

function keys(): (string | undefined)[] {
  return server.calls.map(({ authorization }) => authorization?.replace('Bearer ', ''));
}

function rotationInputs(): Record<string, unknown>[] {
  return server.asides.filter(({ operation }) => operation === 'rotateApiKey').map(({ input }) => input);
}

async function ends(): Promise<void> {
  await until(() => home.state()['key'] !== oldKey, 20_000);
}

test('killed while the rotation is not answered, the agent asks again under the same id and uses what it is given', async () => {
  await start([due], { rotateApiKey: [withheld, rotated(newestKey)], caller: [caller[0]!, caller[0]!, caller[1]!] });
  await until(() => rotationInputs().length === 1, 20_000);
  await killAndRunAgain();
  await ends();
  const [first, second] = rotationInputs();
  expect(second).toEqual(first);
  expect(keys().slice(0, 3)).toEqual([oldKey, oldKey, newestKey]);
  expect(home.state()).toMatchObject({ key: newestKey, rotation: null });
});

test('killed when the new key is stored and not yet used, the agent begins with it', async () => {
  await start([due], { rotateApiKey: [rotated(newKey)] });
  await until(() => rotationInputs().length === 1, 20_000);
  await until(() => successor() === newKey);
  await killAndRunAgain();
  await ends();
  expect(keys()[0]).toBe(oldKey);
  expect(new Set(keys().slice(1))).toEqual(new Set([newKey]));
  expect(rotationInputs()).toHaveLength(1);
  expect(home.state()).toMatchObject({ key: newKey, rotation: null });
});

test('killed while the first use of the new key is not answered, the agent goes on with it', async () => {
  await start([due, withheld, due], { rotateApiKey: [rotated(newKey)] });
  await until(() => keys().length === 2, 20_000);
  expect(home.state()).toMatchObject({ key: oldKey, rotation: { successor: newKey } });
  await killAndRunAgain();
  await ends();
  expect(keys().slice(0, 3)).toEqual([oldKey, newKey, newKey]);
  expect(rotationInputs()).toHaveLength(1);
  expect(home.state()).toMatchObject({ key: newKey, rotation: null });
});

test('killed when the former key is forgotten, the agent has a whole new life before it', async () => {
  await start([due], { rotateApiKey: [rotated(newKey)] });
  await until(() => keys().length >= 2, 20_000);
  await ends();
  const before = keys().length;
  await killAndRunAgain();
  await until(() => keys().length > before + 1, 20_000);
  expect(new Set(keys().slice(before))).toEqual(new Set([newKey]));
  expect(rotationInputs()).toHaveLength(1);
});

function successor(): unknown {
  const rotation = home.state()['rotation'];
  return rotation && Object.entries(rotation).find(([name]) => name === 'successor')?.[1];
}
