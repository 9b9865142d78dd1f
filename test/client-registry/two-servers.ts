import { adminKey, type Stage } from '../end-to-end/stage';
import { codes, graphqlClient, type Answer, type GraphQLClient } from '../support/client';
import type { TestDatabase } from '../support/database';
import { hold, untilWaiting } from '../support/locks';
import type { ServerProcess } from '../support/process';
import { unlock } from './requests';

/** A client of each of the two. */
type Both = [GraphQLClient, GraphQLClient];

/** Two server processes on one database, whose client registry is open. */
export interface TwoServers {
  database: TestDatabase;
  servers: ServerProcess[];
  admins: Both;
  adminKey: string;
  anonymous: Both;
  as: (key: string) => Both;
  /** A third one. */
  start: () => Promise<ServerProcess>;
}

/** Those who ask are many, and all of them here. */
const UNLIMITED = {
  ROLLCALL_LIMITS_ANONYMOUS_REQUESTS_PER_MINUTE: '1000000',
  ROLLCALL_CLIENT_REGISTRY_PENDING_PER_ADDRESS: '1000',
};

export async function openTwoServers(stage: Stage, settings: Record<string, string> = {}): Promise<TwoServers> {
  const database = await stage.database();
  const dataDir = stage.folder();
  const start = () => stage.serve(dataDir, { DATABASE_URL: database.url, ...UNLIMITED, ...settings });
  const servers = await Promise.all([start(), start()]);
  const as = (key?: string) => servers.map(({ url }) => graphqlClient(url, key)) as Both;
  const key = adminKey(dataDir);
  const admins = as(key);
  await unlock(admins[0], '24h');
  return { database, servers, admins, adminKey: key, anonymous: as(), as, start };
}

/**
 * Makes the calls while what the statement locks is held, each after the one before it waits, and lets go: where they want
 * the same row, they have it in this order.
 */
export async function inOrder<Result>(
  { database }: TwoServers,
  [statement, ...values]: [string, ...unknown[]],
  calls: (() => Promise<Result>)[],
): Promise<Result[]> {
  const release = await hold(database, statement, values);
  const running: Promise<Result>[] = [];
  for (const call of calls) {
    running.push(call());
    await untilWaiting(database, running.length);
  }
  await release();
  return Promise.all(running);
}

export const REGISTRY = 'SELECT FROM client_registry FOR UPDATE';
/** What waits for it is made, and not committed. Who chains the rows of the audit trail only reads them, and does not wait. */
export const LAST_WRITTEN = 'LOCK TABLE audit_event IN SHARE MODE';
export const REQUEST = 'SELECT FROM registration_request WHERE id = $1 FOR UPDATE';

/** Puts the end of requests into the past. */
export async function expireRequests({ query }: TestDatabase, condition: string, ...values: unknown[]): Promise<void> {
  await query(
    `UPDATE registration_request SET expires_at = clock_timestamp() - interval '1 second' WHERE ${condition}`,
    values,
  );
}

/** Whether a key is good: null, or why it is not; the same on both servers. */
export async function keyEnds({ as }: TwoServers, key: string): Promise<unknown[]> {
  const answers = await Promise.all(as(key).map((client) => client('{ caller { role } }')));
  return answers.map(({ errors }) => errors[0]?.extensions['reason'] ?? errors[0]?.extensions['code'] ?? null);
}

/** How many nodes, host agents and keys there are of a name. */
export async function rollOf({ query }: TestDatabase, name: string): Promise<unknown> {
  const [row] = await query(
    `SELECT (SELECT count(*)::int FROM node WHERE lower(name) = lower($1)) AS nodes,
       (SELECT count(*)::int FROM agent JOIN node ON node.id = runs_on_node_id WHERE lower(node.name) = lower($1)) AS agents,
       (SELECT count(*)::int FROM api_key WHERE lower(name) = lower($1)) AS keys`,
    [name],
  );
  return row;
}

/** The state that an agent was told, the code of a refusal, or OK. */
export function told(answer: Answer): string {
  return String(codes(answer)[0] ?? answer.data.requestRegistration?.state ?? 'OK');
}

/** How often each came. */
export function tally(answers: Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const each of answers.map(told)) counts[each] = (counts[each] ?? 0) + 1;
  return counts;
}
