import { v7 as uuidv7 } from 'uuid';
import type { EntityManager } from 'typeorm';
import { violates } from '../database/constraint';
import { Conflict } from '../errors';
import { PostgreSqlService } from '../service/postgresql-service';
import { SERVICE_NAME_KEY } from '../service/service';
import type { RegisterPostgreSqlInput } from './register-agent.input';

const DEFAULT_ADDRESS = '127.0.0.1';
const DEFAULT_PORT = 5432;

/**
 * Records the PostgreSQL server that an agent found. A service of that name on the same node keeps all but its version.
 * Returns its id. Throws Conflict when the name belongs to a service of another node.
 */
export async function enrolPostgreSql(
  tx: EntityManager,
  nodeId: string,
  nodeName: string,
  postgresql: RegisterPostgreSqlInput,
): Promise<string> {
  const name = postgresql.name ?? `${nodeName}-postgresql`;
  const known = await findService(tx, name);
  if (known && known.node_id !== nodeId) throw nameTaken();
  if (known) {
    await tx.query(
      `UPDATE service SET version = $2, updated_at = clock_timestamp() WHERE id = $1 AND version IS DISTINCT FROM $2`,
      [known.id, postgresql.version],
    );
    return known.id;
  }
  return insertService(tx, nodeId, name, postgresql);
}

async function insertService(tx: EntityManager, nodeId: string, name: string, postgresql: RegisterPostgreSqlInput) {
  const { version, address, port, socket, cluster, replicationSet } = postgresql;
  const id = uuidv7();
  const endpoint = socket == null ? { address: address ?? DEFAULT_ADDRESS, port: port ?? DEFAULT_PORT } : { socket };
  try {
    await tx.insert(PostgreSqlService, {
      ...endpoint,
      id,
      nodeId,
      name,
      version,
      cluster: cluster ?? null,
      replicationSet: replicationSet ?? null,
    });
  } catch (error) {
    if (violates(error, SERVICE_NAME_KEY)) throw nameTaken();
    throw error;
  }
  return id;
}

async function findService(tx: EntityManager, name: string): Promise<{ id: string; node_id: string } | undefined> {
  const rows = await tx.query<{ id: string; node_id: string }[]>(
    'SELECT id, node_id FROM service WHERE lower(name) COLLATE "C" = lower($1) COLLATE "C"',
    [name],
  );
  return rows[0];
}

function nameTaken(): Conflict {
  return new Conflict(
    'A service of this name is on another node. Give the PostgreSQL service another name, or ask an administrator to remove that one.',
  );
}
