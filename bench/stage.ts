import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  startEmbeddedPostgres,
  type DatabaseConnection,
  type EmbeddedPostgres,
} from '../src/database/embedded/embedded-postgres';

/** A server in a process of its own, for as long as a benchmark runs. */
export interface BenchServer {
  url: string;
  adminKey: string;
  /** Resident memory of the server process now, and the most that it has been, in bytes. */
  serverMemory(): { now: number; most: number };
  /** User and system time of the server process so far, in microseconds. */
  serverCpu(): number;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** The same on a PostgreSQL of its own. */
export interface Stage extends BenchServer {
  connection: DatabaseConnection;
  /** For a further server on it. */
  folder: string;
}

const MAIN = path.join(__dirname, '../dist/src/main.js');
/** What /proc counts in: clock ticks, of which Linux has 100 a second for every program. */
const MICROSECONDS_PER_TICK = 10_000;

const ignore = () => undefined;

/** Starts both. */
export async function startStage(): Promise<Stage> {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'rollcall-bench-')));
  chmodSync(folder, 0o711);
  const postgres = await startPostgres(path.join(folder, 'data'));
  const server = await startServer(postgres.connection, folder);
  return {
    ...server,
    connection: postgres.connection,
    folder,
    async stop() {
      await server.stop();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function startPostgres(dataDir: string): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDir, log: { info: ignore, warn: ignore, error: ignore } });
}

/** The limits on what goes on are out of the way; that on what fails is as it is. The administrator's key is in the folder. */
export async function startServer(connection: DatabaseConnection, folder: string): Promise<BenchServer> {
  mkdirSync(folder, { recursive: true });
  const { host, port, user, password, database } = connection;
  const server = spawn(process.execPath, [MAIN, 'serve', '--port', '0'], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: `postgresql://${user}:${password}@/${database}?host=${encodeURIComponent(host)}&port=${port}`,
      ROLLCALL_DATA_DIR: folder,
      ROLLCALL_LIMITS_REGISTRATIONS_PER_MINUTE: '1000000',
      ROLLCALL_LIMITS_ANONYMOUS_REQUESTS_PER_MINUTE: '10000000',
      ROLLCALL_LIMITS_REQUESTS_PER_MINUTE: '10000000',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(server, 'exit');
  const url = await firstMatch(server.stdout, /answers at (http:[^"\s]+)/);
  return {
    url,
    adminKey: readFileSync(path.join(folder, 'admin.key'), 'utf8').trim(),
    serverMemory: () => residentMemory(server.pid!),
    serverCpu: () => processorTime(server.pid!),
    async kill() {
      server.kill('SIGKILL');
      await ended;
    },
    async stop() {
      server.kill('SIGTERM');
      await ended;
    },
  };
}

function firstMatch(stream: NodeJS.ReadableStream, pattern: RegExp): Promise<string> {
  let text = '';
  return new Promise((resolve) => {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const match = pattern.exec(text);
      if (match) resolve(match[1]!);
    });
  });
}

/** Fields 14 and 15 of /proc/PID/stat, counted behind the name, which may hold anything (proc(5)). */
function processorTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK;
}

/** VmRSS and VmHWM of /proc/PID/status, in kB (proc(5)). */
function residentMemory(pid: number): { now: number; most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)![1]) * 1024;
  return { now: bytes('VmRSS'), most: bytes('VmHWM') };
}
