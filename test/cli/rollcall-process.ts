import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CredentialKind, makeCredential } from '../../src/access/credential';

const ROOT = resolve(__dirname, '../..');
const MAIN = join(ROOT, 'src/main.ts');

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `rollcall` from the sources, with nothing in its environment but what is given. */
export function rollcall(folder: string, words: string[], environment: Record<string, string> = {}): Promise<Outcome> {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...words], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOME: folder, ROLLCALL_DATA_DIR: folder, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const outcome = { code: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (outcome.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (outcome.stderr += text));
  return new Promise((done, fail) => {
    child.on('error', fail).on('close', (code) => done({ ...outcome, code }));
  });
}

/** A folder of this test file, removed when it ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function writeKey(file: string, kind = CredentialKind.USER_KEY): string {
  const { text } = makeCredential(kind);
  writeFileSync(file, `${text}\n`, { mode: 0o600 });
  return text;
}

/** What became of a command on a terminal: stdout is a file, and all else is on the screen. */
export interface TerminalOutcome {
  code: number | null;
  stdout: string;
  screen: string;
}

/** Whether this machine has the `script` of util-linux, which makes a terminal. */
export const hasTerminal = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '');
if (!hasTerminal)
  process.stderr.write('Tests of questions on a terminal are skipped: they need "script" of util-linux.\n');

/** Runs `rollcall` on a terminal, where somebody presses these keys once a question is asked. */
export function rollcallOnTerminal(folder: string, words: string[], keys: string): Promise<TerminalOutcome> {
  const answer = join(folder, `${randomUUID()}.stdout`);
  const command = [process.execPath, '--import', 'tsx', MAIN, ...words].map(shellWord).join(' ');
  const child = spawn('script', ['-qec', `exec ${command} > ${shellWord(answer)}`, '/dev/null'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOME: folder, ROLLCALL_DATA_DIR: folder, SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
    // A question that a test has no answer for would be waited for for ever.
    timeout: 60_000,
  });
  let [screen, asked] = ['', false];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
    if (asked || !QUESTION.test(screen)) return;
    asked = true;
    child.stdin.write(keys);
  });
  return new Promise((done, fail) => {
    child.on('error', fail).on('close', (code) => done({ code, screen, stdout: readFileSync(answer, 'utf8') }));
  });
}

/** A line that waits to be gone on with. */
const QUESTION = /[^\n]: $/;

function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
