import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Role } from '../../../src/access/role';
import { makeKeyText } from '../../../src/secret/encryption-key';
import { eventually } from '../../database/embedded/data-folders';
import { adminKey, type Stage } from '../../end-to-end/stage';
import { refusal } from '../../node/node-requests';
import { issueKey } from '../../support/server';
import { graphqlClient, type Answer, type GraphQLClient } from '../../support/client';
import { deadlocksIn, type TestDatabase } from '../../support/database';

/** One of those who race, on the server that it is given. */
export type Call = (client: GraphQLClient) => Promise<Answer>;

/** What those who do the same may come to. */
export interface Side {
  calls: Call[];
  /** How many succeed; null: as many as come before the others. */
  succeed: number | null;
  /** How all others are refused: codes, each with the fields that it names. */
  refusals: string[];
  /** How many statements its calls are, where a server puts some together; else one each. */
  statements?: number;
}

/** What a side came to: how many succeeded, and how others were refused. */
interface Tally {
  succeeded: number;
  refusals: string[];
}

/** Two server processes on one database. */
export interface Arena {
  database: TestDatabase;
  /** Of one of the servers. */
  admin: GraphQLClient;
  urls: string[];
  /** The key of an EDITOR. */
  editorKey: string;
  /** Makes all calls at once, by turns on both servers; gives what each side came to, and what of that it may. */
  race(sides: Side[]): Promise<{ came: Tally; allowed: Tally }[]>;
  /** How often some waited for each other until PostgreSQL ended one of them. */
  deadlocks(): Promise<number>;
}

/** So many wait at the barrier at least before it is lifted: no more than the servers have connections. */
const CROWD = 12;

/** Those who race are many, and all of them here. */
const UNLIMITED = {
  ROLLCALL_LIMITS_REGISTRATIONS_PER_MINUTE: '100000',
  ROLLCALL_LIMITS_REQUESTS_PER_MINUTE: '100000',
  ROLLCALL_CLIENT_REGISTRY_PENDING_PER_ADDRESS: '1000',
};

export async function openArena(stage: Stage): Promise<Arena> {
  const database = await stage.database();
  const dataDir = stage.folder();
  const keyFile = join(stage.folder(), 'encryption.key');
  writeFileSync(keyFile, makeKeyText(), { mode: 0o600 });
  const settings = { DATABASE_URL: database.url, ROLLCALL_ENCRYPTION_KEY_FILE: keyFile, ...UNLIMITED };
  const start = () => stage.serve(dataDir, settings);
  const servers = await Promise.all([start(), start()]);
  const clients = servers.map(({ url }) => graphqlClient(url, adminKey(dataDir)));
  return {
    database,
    admin: clients[0]!,
    deadlocks: () => deadlocksIn(database),
    urls: servers.map(({ url }) => url),
    editorKey: await issueKey(database.dataSource, Role.EDITOR),
    async race(sides) {
      const lift = await barrier(database);
      let turn = 0;
      const running = sides.map(({ calls }) =>
        Promise.all(calls.map((call) => call(clients[turn++ % clients.length]!))),
      );
      try {
        const expected = sides.reduce((sum, { calls, statements = calls.length }) => sum + statements, 0);
        await eventually(async () => (await waiting(database)) >= Math.min(expected, CROWD));
      } finally {
        await lift();
      }
      const came = await Promise.all(running);
      return sides.map((side, index) => ({ came: tally(came[index]!), allowed: allowed(side, came[index]!) }));
    },
  };
}

/** Holds whoever would lock or change a node, a service or an agent, until it is lifted. */
async function barrier(database: TestDatabase): Promise<() => Promise<void>> {
  const holder = await database.connect();
  await holder.query('BEGIN');
  await holder.query('LOCK TABLE node, service, agent, liveness IN EXCLUSIVE MODE');
  return async () => void (await holder.query('ROLLBACK'));
}

async function waiting({ query }: TestDatabase): Promise<number> {
  const rows = await query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows.length;
}

function tally(answers: Answer[]): Tally {
  const refused = answers.filter(({ errors }) => errors.length > 0).map(refusal);
  const refusals = new Set(refused.map(({ code, paths }) => [code, ...paths].join(' ')));
  return { succeeded: answers.length - refused.length, refusals: [...refusals] };
}

/** What came, where that is allowed; what should have come, where it is not. */
function allowed({ succeed, refusals }: Side, answers: Answer[]): Tally {
  const came = tally(answers);
  const known = came.refusals.every((refused) => refusals.includes(refused));
  return { succeeded: succeed ?? came.succeeded, refusals: known ? came.refusals : refusals };
}
