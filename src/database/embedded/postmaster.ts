import { spawn } from 'node:child_process';
import { constants, open, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { spawnAs } from './account';
import type { Binaries } from './binaries';
import type { DataFolder } from './data-folder';
import { failureOf } from './failure';
import { runningPostmaster, runsCluster } from './lock-file';
import type { OperatorLog } from './operator-log';
import { PORT } from './socket-folder';

/** A postmaster that this process started. */
export interface Postmaster {
  /** Why it is no more; null while it runs. */
  lastWords(): Promise<string | null>;
  /** Ends it, also before it has a lock file; resolves when it is gone. */
  stop(): Promise<void>;
}

const STOP_PATIENCE = 60_000;
const POLL = 10;

/** Starts postgres on the cluster. It outlives this process when that is killed, and the next server takes it over. */
export async function launchPostmaster(
  folder: DataFolder,
  { postgres }: Binaries,
  socketFolder: string,
): Promise<Postmaster> {
  const log = await openLog(folder);
  try {
    const { size } = await log.stat();
    // The file itself, not a pipe, which would break when this process is killed.
    const stdio = ['ignore' as const, log.fd, log.fd];
    const child = spawn(postgres, settings(folder, socketFolder), {
      ...spawnAs(folder.account),
      detached: true,
      stdio,
    });
    const ended = new AbortController();
    child.once('exit', (_status, signal) => ended.abort(signal ? `killed by ${signal}` : ''));
    child.once('error', ({ message }) => ended.abort(message));
    child.unref();
    return {
      lastWords: async () => (ended.signal.aborted ? String(ended.signal.reason) || readEnd(folder.log, size) : null),
      async stop() {
        child.kill('SIGINT');
        await delay(STOP_PATIENCE, undefined, { signal: ended.signal }).catch(() => undefined);
      },
    };
  } finally {
    await log.close();
  }
}

/** Stops the postmaster of the folder, if one runs, whoever started it: clients are disconnected, everything is written, it ends. */
export async function stopPostmaster(folder: DataFolder, socketFolder: string, log: OperatorLog) {
  const pid = await runningPostmaster(folder, socketFolder);
  if (!pid) return;
  askToStop(pid);
  const deadline = performance.now() + STOP_PATIENCE;
  while (await runsCluster(pid, folder)) {
    if (performance.now() > deadline)
      return log.warn(`PostgreSQL (process ${pid}) is still stopping; it was left to it.`);
    await delay(POLL);
  }
}

function askToStop(pid: number): void {
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    // It ended by itself meanwhile.
    if (failureOf(error).code !== 'ESRCH') throw error;
  }
}

/** Opened by us for postgres, which needs no right to the file itself. */
function openLog({ log }: DataFolder) {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  return open(log, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
}

function settings(folder: DataFolder, socketFolder: string): string[] {
  const given = {
    listen_addresses: '',
    port: PORT,
    // A list by commas, so quoted.
    unix_socket_directories: `"${socketFolder.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
    // Failed statements are for the server to report: their details quote values. Without them the file stays small, too.
    log_min_messages: 'log',
    log_checkpoints: 'off',
  };
  return ['-D', folder.data, ...Object.entries(given).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** The last lines from this place of the log on, without their time stamps, as one line. */
async function readEnd(log: string, from: number): Promise<string> {
  const text = (await readFile(log)).subarray(from).toString();
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines
    .slice(-3)
    .map((line) => line.replace(/^.*?\[\d+\] /, '').replace(/\s+/g, ' '))
    .join(' ');
}
