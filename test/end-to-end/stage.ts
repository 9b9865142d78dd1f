import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { eventually, isAlive, postmasterOf } from '../database/embedded/data-folders';
import { graphqlClient, type GraphQLClient } from '../support/client';
import { createDatabase, type TestDatabase } from '../support/database';
import { answering, rollcall, temporaryFolder, type RollcallProcess, type ServerProcess } from '../support/process';

type Environment = Record<string, string>;

/** Where processes are started; all of them end with the stage, whatever became of the test. */
export interface Stage {
  /** A folder of its own, fit to be a data folder. */
  folder(): string;
  database(): Promise<TestDatabase>;
  /** A connection to the embedded PostgreSQL of a data folder, while it runs. */
  connect(dataDir: string): Promise<Client>;
  /** Runs a `rollcall` command. */
  start: typeof rollcall;
  /** Runs a `rollcall` command to its end. */
  run(args: string[], environment?: Environment): Promise<Outcome>;
  /** Runs `rollcall serve` on this data folder and a free port, and waits until it answers. */
  serve(dataDir: string, environment?: Environment): Promise<ServerProcess>;
  /** Has something ended with the stage. */
  later: (end: () => unknown) => void;
}

/** How a command ended. */
export interface Outcome {
  code: number | NodeJS.Signals;
  output: string;
  errors: string;
}

/** A stage that a hook of jest clears: `openStage(afterEach)`. */
export function openStage(hook: (clear: () => Promise<void>) => void): Stage {
  const ends: (() => unknown)[] = [];
  const later = (end: () => unknown) => void ends.push(end);
  hook(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  });

  const start: Stage['start'] = (...parts) => {
    const child = rollcall(...parts);
    later(() => child.kill('SIGKILL'));
    return child;
  };
  return {
    later,
    start,
    folder() {
      const folder = temporaryFolder();
      later(async () => {
        await endPostmaster(folder.path);
        folder.remove();
      });
      return folder.path;
    },
    async database() {
      const database = await createDatabase();
      later(() => database.drop());
      return database;
    },
    async connect(dataDir) {
      const password = readFileSync(path.join(dataDir, 'postgres.password'), 'utf8').trim();
      const host = path.join(dataDir, 'postgres/socket');
      const client = new Client({ host, port: 5432, user: 'rollcall', password, database: 'rollcall', ssl: false });
      client.on('error', () => undefined);
      await client.connect();
      later(() => client.end());
      return client;
    },
    run: (args, environment) => outcome(start(args, environment)),
    serve: (dataDir, environment) =>
      answering(start(['serve', '--port', '0'], { ROLLCALL_DATA_DIR: dataDir, ...environment })),
  };
}

/** What became of a command, once it has ended. */
export async function outcome(child: RollcallProcess): Promise<Outcome> {
  const code = await child.ended;
  return { code, output: child.output(), errors: child.errors() };
}

/** The administrator key that a server has put into its data folder. */
export function adminKey(dataDir: string): string {
  return readFileSync(path.join(dataDir, 'admin.key'), 'utf8').trim();
}

/** A client of the server with the administrator key of its data folder. */
export function adminOf({ url }: ServerProcess, dataDir: string): GraphQLClient {
  return graphqlClient(url, adminKey(dataDir));
}

/** The embedded PostgreSQL outlives a server that was killed: it is a process of its own. */
async function endPostmaster(dataDir: string): Promise<void> {
  if (!existsSync(path.join(dataDir, 'postgres/data/postmaster.pid'))) return;
  const pid = await postmasterOf(dataDir);
  if (!isAlive(pid)) return;
  process.kill(pid, 'SIGQUIT');
  await eventually(async () => !isAlive(pid));
}
