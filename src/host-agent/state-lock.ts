import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readdirSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ExitCode } from '../exit-code';
import { AgentFailure, causeOf } from './agent-failure';

/** Gives the folder free again. */
export type Release = () => Promise<void>;

const LOCK_NAME = /^lock\.[0-9a-f]{12}$/;
const TRIES = 5;
const LONGEST_PAUSE = 200;
const ANSWER_DEADLINE = 300;

/**
 * Locks the folder for this process. Each contender listens on a Unix socket of its own name in the folder, then calls
 * all the others; whoever gets no answer holds the lock. Of two at once the later one hears the earlier, so there are never
 * two holders (both giving way is possible, hence the tries). A dead process answers nothing, whatever became of its pid.
 */
export async function lockFolder(folder: string): Promise<Release> {
  let holder = '';
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const outcome = await contend(folder);
    if (typeof outcome === 'function') return outcome;
    holder = outcome;
    await delay(Math.random() * LONGEST_PAUSE);
  }
  const message = `Another agent${holder && ` (process ${holder})`} is running with the state folder ${folder}: stop it, or give this one a state.dir of its own.`;
  throw new AgentFailure(ExitCode.FAILURE, message);
}

/** The release, or the process id of who holds the lock. */
async function contend(folder: string): Promise<Release | string> {
  const descriptor = openSync(folder, 'r');
  const socketOf = (name: string): string => socketPath(folder, descriptor, name);
  const own = `lock.${randomBytes(6).toString('hex')}`;
  try {
    const server = await listen(socketOf(own), folder);
    const release = async (): Promise<void> => {
      await new Promise((resolve) => void server.close(resolve));
      closeSync(descriptor);
    };
    const dead: string[] = [];
    for (const name of readdirSync(folder).filter((other) => LOCK_NAME.test(other) && other !== own)) {
      const answer = await call(socketOf(name));
      if (answer !== null) {
        await release();
        return answer;
      }
      dead.push(name);
    }
    for (const name of dead) removeSocket(path.join(folder, name));
    return release;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** A socket's path may have 107 bytes only; through the open folder it is short, however deep that lies. */
function socketPath(folder: string, descriptor: number, name: string): string {
  return existsSync('/proc/self/fd') ? `/proc/self/fd/${descriptor}/${name}` : path.join(folder, name);
}

async function listen(socket: string, folder: string): Promise<Server> {
  const server = createServer((caller) => {
    caller.on('error', () => undefined);
    caller.end(String(process.pid));
  });
  // Bound here and now, for all: only the folder's owner gets to it. What root made and left behind must not seem in use to the agent's own account.
  const mask = process.umask(0);
  server.listen(socket);
  process.umask(mask);
  try {
    await once(server, 'listening');
  } catch (error) {
    const message = `The state folder ${folder} cannot be locked (${causeOf(error)}): set state.dir to a writable folder on a local disk.`;
    throw new AgentFailure(ExitCode.USAGE, message);
  }
  server.unref();
  return server;
}

/** What the listener says of itself, perhaps nothing; null when nobody listens. Only a plain "nobody there" counts as that. */
function call(socket: string): Promise<string | null> {
  return new Promise((resolve) => {
    let answer = '';
    const caller = connect(socket);
    caller.setEncoding('utf8').setTimeout(ANSWER_DEADLINE);
    caller.on('data', (text: string) => (answer += text));
    caller.on('timeout', () => caller.destroy());
    caller.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve(null);
    });
    caller.on('close', () => resolve(/^\d{1,10}$/.test(answer) ? answer : ''));
  });
}

function removeSocket(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // Its owner, thought dead between its bind and its listen, gave way and removed it itself.
  }
}
