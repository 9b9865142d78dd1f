import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { graphqlClient, type GraphQLClient } from '../support/client';
import type { RollcallProcess } from '../support/process';
import type { LeakSearch } from './leak-search';
import { adminKey, adminOf, type Stage } from './stage';

type Environment = Record<string, string>;

/** A server that logs all it can, with the commands beside it; what they write is searched. */
export interface CanaryServer {
  url: string;
  dataDir: string;
  admin: GraphQLClient;
  /** A client with a key, or without one. */
  as: (key?: string) => GraphQLClient;
  post: (route: string, body: string, headers?: Environment) => Promise<Response>;
  /** Runs a `rollcall` command to its end and keeps what it wrote. */
  run: (what: string, words: string[], environment?: Environment) => Promise<RollcallProcess>;
  /** The same for one whose output is meant to be the secret: that is given, not kept. */
  runForSecret: (what: string, words: string[]) => Promise<string>;
  /** Keeps all tables, ends the server, and keeps all logs. */
  finish: () => Promise<void>;
  /** The files of the data folder that hold a secret. */
  holders: () => string[];
}

/** Starts it, with what it was born with among the secrets that are looked for. */
export async function startCanaryServer(
  stage: Stage,
  search: LeakSearch,
  settings: Environment = {},
): Promise<CanaryServer> {
  const dataDir = stage.folder();
  const server = await stage.serve(dataDir, { ROLLCALL_LOG_LEVEL: 'trace', ...settings });
  search.watch('the administrator key', adminKey(dataDir));
  search.seed('the password of the database', readFileSync(path.join(dataDir, 'postgres.password'), 'utf8').trim());
  const ended = async (words: string[], environment: Environment) => {
    const child = stage.start(words, { ROLLCALL_URL: server.url, ROLLCALL_DATA_DIR: dataDir, ...environment });
    await child.ended;
    return child;
  };
  return {
    url: server.url,
    dataDir,
    admin: adminOf(server, dataDir),
    as: (key) => graphqlClient(server.url, key),
    post: (route, body, headers) =>
      fetch(server.url + route, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body }),
    async run(what, words, environment = {}) {
      const child = await ended(words, environment);
      search.keep(what, child.output() + child.errors());
      return child;
    },
    async runForSecret(what, words) {
      const child = await ended(words, {});
      search.keep(what, child.errors());
      return child.output().trim();
    },
    async finish() {
      await keepTables(stage, search, dataDir);
      await server.kill('SIGTERM');
      search.keep('the output of the server', server.output() + server.errors());
      search.keep('the log of PostgreSQL', readFileSync(path.join(dataDir, 'postgres.log'), 'utf8'));
    },
    holders: () =>
      readdirSync(dataDir, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
        .filter((name) => search.holdsSecret(readFileSync(path.join(dataDir, name), 'utf8')))
        .toSorted(),
  };
}

async function keepTables(stage: Stage, search: LeakSearch, dataDir: string): Promise<void> {
  const database = await stage.connect(dataDir);
  const { rows } = await database.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`);
  expect(rows.length).toBeGreaterThan(8);
  for (const { tablename } of rows) {
    const dump = await database.query(`SELECT row_to_json(t)::text AS row FROM "${tablename}" AS t`);
    search.keep(`the table ${tablename}`, dump.rows.map(({ row }) => row).join('\n'));
  }
}
