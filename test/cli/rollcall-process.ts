import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CredentialKind, makeCredential } from '../../src/access/credential';

const ROOT = resolve(__dirname, '../..');

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `rollcall` from the sources, with nothing in its environment but what is given. */
export function rollcall(folder: string, words: string[], environment: Record<string, string> = {}): Promise<Outcome> {
  const child = spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'src/main.ts'), ...words], {
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
