import { v7 as uuidv7 } from 'uuid';
import type { TestDatabase } from './database';

/** Columns of a row by their names in SQL. */
export type Row = Record<string, unknown>;

/** Puts a node into the database and gives its id; what is not said has a value that passes. */
export function makeNode(database: TestDatabase, row: Row = {}): Promise<string> {
  return insert(database, 'node', { type: 'GENERIC', name: `node-${uuidv7()}`, address: '192.0.2.1', ...row });
}

/** Puts a PostgreSQL service on a node. */
export function makeService(database: TestDatabase, nodeId: string, row: Row = {}): Promise<string> {
  const endpoint = { address: '127.0.0.1', port: 5432 };
  return insert(database, 'service', {
    type: 'POSTGRESQL',
    name: `service-${uuidv7()}`,
    node_id: nodeId,
    ...endpoint,
    ...row,
  });
}

/** Puts a host agent on a node, never heard of unless said. */
export async function makeHostAgent(
  database: TestDatabase,
  nodeId: string,
  row: Row = {},
  liveness: Row = {},
): Promise<string> {
  const id = await insert(database, 'agent', {
    type: 'HOST_AGENT',
    runs_on_node_id: nodeId,
    enrolled_by: 'TOKEN',
    ...row,
  });
  await insertRow(database, 'liveness', { agent_id: id, sync_interval_seconds: 15, ...liveness });
  return id;
}

/** Puts an agent on a node that a host agent starts and stops. It observes that node unless said. */
export function makeAgent(
  database: TestDatabase,
  nodeId: string,
  supervisorId: string,
  row: Row = {},
): Promise<string> {
  const observes = 'observed_service_id' in row ? {} : { observed_node_id: nodeId };
  const place = { runs_on_node_id: nodeId, supervisor_id: supervisorId, ...observes };
  return insert(database, 'agent', { type: 'VM_AGENT', ...place, ...row });
}

/** Puts a registration token into the database that nobody knows the secret of; good for an hour unless said. */
export function makeToken(database: TestDatabase, row: Row = {}): Promise<string> {
  return insert(database, 'registration_token', {
    public_id: uuidv7().slice(-12),
    secret_hash: Buffer.alloc(32),
    max_uses: 1,
    created_by_name: 'test',
    expires_at: new Date(Date.now() + 3_600_000),
    ...row,
  });
}

async function insert(database: TestDatabase, table: string, row: Row): Promise<string> {
  const id = uuidv7();
  await insertRow(database, table, { id, ...row });
  return (row['id'] as string | undefined) ?? id;
}

async function insertRow(database: TestDatabase, table: string, row: Row): Promise<void> {
  const columns = Object.keys(row);
  const places = columns.map((_, index) => `$${index + 1}`);
  await database.query(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places.join(', ')})`,
    Object.values(row),
  );
}
