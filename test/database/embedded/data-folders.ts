import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import {
  type DatabaseConnection,
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../src/database/embedded/embedded-postgres';
import type { OperatorLog } from '../../../src/database/embedded/operator-log';

export const AS_ROOT = process.getuid?.() === 0;

/** How a child process is spawned as somebody who is not root. */
export const ORDINARY_USER = AS_ROOT ? { uid: 65534, gid: 65534 } : {};

/** What is told when a start takes more than some seconds. */
export const WAITING = 'PostgreSQL is starting or recovering; waiting.';

const PROJECT = path.join(__dirname, '../../..');
const folders: string[] = [];
const servers: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

/** A path for a data folder that is not there yet, in a temporary folder that every account may pass through. */
export async function aDataDir(name = 'data-folder'): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'rollcall-test-'));
  await chmod(folder, 0o711);
  folders.push(folder);
  return path.join(folder, name);
}

/** A log that keeps its lines, each with its level. That it takes long is told by a busy machine only. */
export function keptLog(lines: string[] = []): OperatorLog {
  const keep = (level: string) => (line: string) => void (line === WAITING || lines.push(`${level}: ${line}`));
  return { info: keep('info'), warn: keep('warn'), error: keep('error') };
}

/** Starts the embedded PostgreSQL; it is stopped after the test. */
export async function start(dataDir: string, lines: string[] = []): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, log: keptLog(lines) });
  servers.push(server);
  return server;
}

/** A cluster that was made and stopped again, with a row in a table. */
export async function aStoppedDataDir(): Promise<string> {
  const dataDir = await aDataDir();
  const server = await start(dataDir);
  await query(server.connection, "CREATE TABLE kept AS SELECT 'a row' AS value");
  await server.stop();
  return dataDir;
}

/** Makes the next start recover from an archive that has no end; until the function that it resolves to is called. */
export async function recoverSlowly(dataDir: string): Promise<() => Promise<void>> {
  const data = path.join(dataDir, 'postgres/data');
  const hold = path.join(data, 'hold');
  // What waits ends with the folder, too.
  const command = `while test -e "${hold}"; do sleep 0.1; done; false`;
  await writeFile(path.join(data, 'postgresql.auto.conf'), `restore_command = '${command}'\n`);
  const { uid, gid } = await stat(data);
  for (const file of [hold, path.join(data, 'recovery.signal')]) {
    await writeFile(file, '', { mode: 0o600 });
    await chown(file, uid, gid);
  }
  return () => rm(hold);
}

/** A process of its own that owns the cluster; resolves with its first line: the connection, or why it did not start. */
export async function startInChild(
  dataDir: string,
  options: { uid?: number; gid?: number; env?: NodeJS.ProcessEnv } = {},
) {
  const script = path.join(__dirname, 'owner-process.ts');
  const stdio: ['pipe', 'pipe', 'inherit'] = ['pipe', 'pipe', 'inherit'];
  const child = spawn(process.execPath, ['--import', 'tsx', script, dataDir], {
    cwd: PROJECT,
    // A group of its own, so that a test can kill it together with an initdb.
    detached: true,
    stdio,
    ...options,
  });
  children.push(child);
  const exited = once(child, 'exit');
  const firstLine = once(createInterface(child.stdout), 'line').then(([line]) => String(line));
  return { child, exited, firstLine };
}

/** Whether an ordinary user may read this project; under root's home it may not. */
export function ordinaryUserCanRun(): boolean {
  return spawnSync(process.execPath, ['--import', 'tsx', '-e', ''], { cwd: PROJECT, ...ORDINARY_USER }).status === 0;
}

/** What a statement answers, by a connection of its own. */
export async function query(connection: DatabaseConnection, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ ...connection, ssl: false });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(text);
    return rows;
  } finally {
    await client.end();
  }
}

/** The process id that the lock file of the cluster names. */
export async function postmasterOf(dataDir: string): Promise<number> {
  const text = await readFile(path.join(dataDir, 'postgres/data/postmaster.pid'), 'utf8');
  return Number.parseInt(text, 10);
}

/** Whether the process runs; one that has ended and waits to be reaped does not. */
export function isAlive(pid: number): boolean {
  try {
    return process.platform === 'linux' ? readFileSync(`/proc/${pid}/cmdline`).length > 0 : process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Waits until the attempt neither throws nor gives false; fails with its last error after 20 s. */
export async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + 20_000; ; await delay(10)) {
    try {
      const result = await attempt();
      if (result !== false) return result;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    if (performance.now() > deadline) throw new Error('It did not come true within 20 s.');
  }
}

/** Ends what the tests started, and removes their folders. */
export async function cleanUp(): Promise<void> {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) {
    const left = await postmasterOf(path.join(folder, 'data-folder')).catch(() => 0);
    if (left > 0 && isAlive(left)) process.kill(left, 'SIGQUIT');
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
