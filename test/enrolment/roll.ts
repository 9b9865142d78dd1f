import type { Client } from 'pg';
import { dataOf, type GraphQLClient } from '../support/client';
import type { TestDatabase } from '../support/database';
import type { Enrolled } from '../support/enrol';

/** What a registration writes to, the audit trail apart. */
const TABLES = [
  'node',
  'service',
  'agent',
  'liveness',
  'api_key',
  'registration_token',
  'registration_token_claim',
] as const;

type Row = Record<string, unknown>;

/**
 * Every row of every table that a registration writes to: the same before and after what changes nothing. When keys were last
 * used is left out: the server writes that from time to time, whatever a test does.
 */
export async function wholeRoll({ query }: TestDatabase): Promise<Record<(typeof TABLES)[number], Row[]>> {
  const parts = TABLES.map(
    (table) =>
      `'${table}', (SELECT coalesce(jsonb_agg(item ORDER BY item), '[]') FROM (SELECT to_jsonb(${table})${table === 'api_key' ? ` - 'last_used_at'` : ''} AS item FROM ${table}) AS items)`,
  );
  const [row] = await query<{ roll: Record<(typeof TABLES)[number], Row[]> }>(
    `SELECT jsonb_build_object(${parts.join(', ')}) AS roll`,
  );
  return row!.roll;
}

/** How many rows each of those tables has. */
export async function rollSizes(database: TestDatabase): Promise<Record<string, number>> {
  return Object.fromEntries(Object.entries(await wholeRoll(database)).map(([table, rows]) => [table, rows.length]));
}

const NODE = `query ($id: ID!) { node(by: { id: $id }) {
  id type name address model region zone environment os tags labels { name value }
  ... on GenericNode { machineId distro }
  ... on ContainerNode { hostMachineId: machineId containerId containerName }
  services { nodes { id type name version address port socket cluster replicationSet labels { name value } } }
  agents { nodes { id type version } }
} }`;

/** A node with all its facts, services and agents, as a viewer sees it. */
export async function readNode(viewer: GraphQLClient, id: string) {
  return dataOf(await viewer(NODE, { id })).node;
}

const TOKEN = `query ($id: ID!) { registrationToken(id: $id) { status uses maxUses lastUsedAt revokedAt } }`;

/** A registration token, as an administrator sees it. */
export async function readToken(admin: GraphQLClient, id: string) {
  return dataOf(await admin(TOKEN, { id })).registrationToken;
}

const REVOKE = `mutation ($id: ID!) { revokeRegistrationToken(input: { id: $id }) { token { id status revokedAt } } }`;

/** Revokes a registration token. */
export async function revokeToken(admin: GraphQLClient, id: string) {
  return dataOf(await admin(REVOKE, { id })).revokeRegistrationToken.token;
}

/** Puts the end of a token into the past. */
export async function expireToken({ query }: TestDatabase, id: string): Promise<void> {
  await query(`UPDATE registration_token SET expires_at = clock_timestamp() - interval '1 second' WHERE id = $1`, [id]);
}

/** Takes a host off the roll behind the server's back: its node and agent go, the rows of its keys and of its token stay. */
export async function removeHost({ query }: TestDatabase, { nodeId, agentId }: Enrolled): Promise<void> {
  await query('UPDATE registration_token_claim SET agent_id = NULL WHERE agent_id = $1', [agentId]);
  await query(
    `UPDATE api_key SET agent_id = NULL, revoked_at = clock_timestamp(), ended_by = 'KEY_REVOKED' WHERE agent_id = $1`,
    [agentId],
  );
  await query('DELETE FROM liveness WHERE agent_id = $1', [agentId]);
  await query('DELETE FROM agent WHERE id = $1', [agentId]);
  await query('DELETE FROM node WHERE id = $1', [nodeId]);
}

/** Why a key is refused; null while it is good. */
export async function keyEnd(key: GraphQLClient): Promise<unknown> {
  const { errors } = await key('{ caller { role } }');
  return errors[0] ? errors[0].extensions['reason'] : null;
}

/** Resolves once so many statements wait for a lock in this database. */
export async function waitingStatements({ query }: TestDatabase, count: number): Promise<void> {
  await until(async () => {
    const waiting = await query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return waiting.length >= count;
  });
}

/** Resolves once the condition holds; fails after ten seconds. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('What was waited for did not come.');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Begins a transaction that holds the row of a token, as another registration does. */
export async function holdToken(database: TestDatabase, id: string): Promise<Client> {
  const holder = await database.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM registration_token WHERE id = $1 FOR UPDATE', [id]);
  return holder;
}
