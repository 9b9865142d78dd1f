import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EMPTY_STATE } from '../../src/host-agent/agent-state';
import { openStateFolder } from '../../src/host-agent/state-folder';

let parent: string;
let folder: string;

beforeEach(() => {
  parent = mkdtempSync(path.join(tmpdir(), 'rollcall-state-'));
  folder = path.join(parent, 'config.state');
});

afterEach(() => rmSync(parent, { recursive: true, force: true }));

test('makes a private folder and keeps what is saved in a private file', async () => {
  const first = await openStateFolder(folder);
  expect(first.state).toEqual(EMPTY_STATE);
  await first.save({ ...EMPTY_STATE, agentId: 'a', key: 'k' });
  await first.release();
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(path.join(folder, 'state.json')).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['state.json']);
  const second = await openStateFolder(folder);
  expect(second.state).toEqual({ ...EMPTY_STATE, agentId: 'a', key: 'k' });
  await second.release();
});

test('reads the state of an agent that knew neither of renewals nor of approval', async () => {
  const { rotation, pending, ...former } = EMPTY_STATE;
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(path.join(folder, 'state.json'), JSON.stringify({ ...former, key: 'k' }));
  const opened = await openStateFolder(folder);
  expect(opened.state).toEqual({ ...former, key: 'k', rotation: null, pending: null });
  expect([rotation, pending]).toEqual([null, null]);
  await opened.release();
});

test.each([
  '',
  '{',
  '[]',
  '{"version": 2}',
  JSON.stringify({ ...EMPTY_STATE, key: 3 }),
  JSON.stringify({ ...EMPTY_STATE, pending: { key: 'rca_mangled', nodeName: 'db1' } }),
  JSON.stringify({ version: 1 }),
])('refuses a damaged file (%j) with the remedy, and leaves it as it is', async (text) => {
  mkdirSync(folder, { mode: 0o700 });
  const file = path.join(folder, 'state.json');
  writeFileSync(file, text);
  await expect(openStateFolder(folder)).rejects.toMatchObject({
    exitCode: 1,
    message: expect.stringMatching(/state\.json is damaged: restore it .* or move it away/),
  });
  expect(readFileSync(file, 'utf8')).toBe(text);
  rmSync(file);
  const opened = await openStateFolder(folder);
  await opened.release();
});

test.each([0o750, 0o705, 0o777])('refuses a folder of mode %o and does not change it', async (mode) => {
  mkdirSync(folder);
  chmodSync(folder, mode);
  await expect(openStateFolder(folder)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('chmod 700'),
  });
  expect(statSync(folder).mode & 0o777).toBe(mode);
});

test('says what to do when the folder cannot be made', async () => {
  writeFileSync(folder, '');
  await expect(openStateFolder(path.join(folder, 'below'))).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('set state.dir'),
  });
});

test('removes what a killed writer left', async () => {
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(path.join(folder, '.state.json.0123456789ab.unfinished'), '{"key": "half');
  const opened = await openStateFolder(folder);
  expect(readdirSync(folder).filter((name) => !name.startsWith('lock.'))).toEqual([]);
  await opened.release();
});

test('lets one of many at once have the folder, and the next one after its release', async () => {
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => openStateFolder(folder)));
  const opened = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  expect(opened.length).toBeLessThanOrEqual(1);
  for (const one of opened) await one.release();
  const next = await openStateFolder(folder);
  await next.release();
});

test('locks a folder whose path is longer than a socket’s name may be', async () => {
  const deep = path.join(parent, 'x'.repeat(120));
  const opened = await openStateFolder(deep);
  await expect(openStateFolder(deep)).rejects.toThrow(/Another agent/);
  await opened.release();
});

test('refuses the folder while another process has it, also a halted one, and takes it over when that was killed', async () => {
  const holder = await holdInChild();
  const reason = { exitCode: 1, message: expect.stringContaining(`Another agent (process ${holder.pid})`) };
  await expect(openStateFolder(folder)).rejects.toMatchObject(reason);
  holder.kill('SIGSTOP');
  await expect(openStateFolder(folder)).rejects.toMatchObject({ exitCode: 1 });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(readdirSync(folder).some((name) => name.startsWith('lock.'))).toBe(true);
  const opened = await openStateFolder(folder);
  expect(readdirSync(folder).filter((name) => name.startsWith('lock.'))).toHaveLength(1);
  await opened.release();
});

async function holdInChild(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', path.join(__dirname, 'hold-lock.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}
