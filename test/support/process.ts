import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const MAIN = path.join(__dirname, '../../dist/src/main.js');

/** A running `rollcall` command, as it was built. */
export interface RollcallProcess {
  child: ChildProcess;
  /** All that it wrote so far. */
  output(): string;
  errors(): string;
  /** The first match in what it writes, now or later; fails when the process ends without. */
  says(pattern: RegExp, timeout?: number): Promise<RegExpExecArray>;
  /** Resolves to the exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
  /** Sends a signal and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

/** Runs the built program with no settings but these. */
export function rollcall(
  args: string[],
  environment: Record<string, string> = {},
  { cwd = tmpdir(), main = MAIN }: { cwd?: string; main?: string } = {},
): RollcallProcess {
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: tmpdir(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = once(child, 'close').then(([code, signal]: unknown[]) => (code ?? signal) as number | NodeJS.Signals);
  return {
    child,
    output: () => output,
    errors: () => errors,
    ended,
    says: (pattern, timeout = 20_000) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(output) ?? pattern.exec(errors);
          if (match) settle(() => resolve(match));
        };
        const fail = (why: string) =>
          settle(() => reject(new Error(`${why} before it said ${String(pattern)}:\n${output}\n${errors}`)));
        const timer = setTimeout(() => fail('Time was over'), timeout);
        const closed = () => (look(), fail('The process ended'));
        const settle = (done: () => void) => {
          clearTimeout(timer);
          child.stdout.off('data', look);
          child.stderr.off('data', look);
          child.off('close', closed);
          done();
        };
        child.stdout.on('data', look);
        child.stderr.on('data', look);
        child.once('close', closed);
        look();
      }),
    kill(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}

/** A server in a process of its own, that answers. */
export interface ServerProcess extends RollcallProcess {
  url: string;
}

/** Runs `rollcall serve` on a free port and waits until it answers. */
export function serve(environment: Record<string, string>): Promise<ServerProcess> {
  return answering(rollcall(['serve', '--port', '0'], environment));
}

/** The server, once it answers. */
export async function answering(server: RollcallProcess): Promise<ServerProcess> {
  const [, url] = await server.says(/answers at (https?:\/\/[^\s"]+)/);
  return Object.assign(server, { url: url! });
}

/** A folder of its own for one test, which another account may pass through. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'rollcall-')));
  chmodSync(folder, 0o711);
  return { path: folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
