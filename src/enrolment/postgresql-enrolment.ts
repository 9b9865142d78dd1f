import { v7 as uuidv7 } from 'uuid';
import type { EntityManager } from 'typeorm';
import type { FieldChange } from '../audit/audit-event';
import { violates } from '../database/constraint';
import { Conflict } from '../errors';
import { LATER } from '../inventory/update-item';
import { PostgreSqlService } from '../service/postgresql-service';
import { SERVICE_NAME_KEY } from '../service/service';
import { ServiceType } from '../service/service-type';
import type { RegisterPostgreSqlInput } from './register-agent.input';

const DEFAULT_ADDRESS = '127.0.0.1';
const DEFAULT_PORT = 5432;

/** Name, address and port of a PostgreSQL server of which an agent says no others. */
export function whatIsNotSaid(
  { name, address, port, socket }: RegisterPostgreSqlInput,
  nodeName: string,
): { name: string; address?: string | null; port?: number | null } {
  return {
    name: name ?? `${nodeName}-postgresql`,
    ...(socket == null && { address: address ?? DEFAULT_ADDRESS, port: port ?? DEFAULT_PORT }),
  };
}

/**
 * Records the PostgreSQL server that an agent found. A service of that name on the same node keeps all but its version.
 * Gives its id, and what changed of one that was there. Throws Conflict when the name belongs to a service of another node, or of another type.
 */
export async function enrolPostgreSql(
  tx: EntityManager,
  nodeId: string,
  nodeName: string,
  postgresql: RegisterPostgreSqlInput,
): Promise<{ serviceId: string; wasKnown: boolean; changes: FieldChange[] }> {
  const { name, ...endpoint } = whatIsNotSaid(postgresql, nodeName);
  const known = await findService(tx, name);
  if (known && known.node_id !== nodeId) throw nameTaken();
  if (known && known.type !== ServiceType.POSTGRESQL) throw nameOfAnother();
  if (!known)
    return {
      serviceId: await insertService(tx, { nodeId, name, ...endpoint }, postgresql),
      wasKnown: false,
      changes: [],
    };
  if (known.version === postgresql.version) return { serviceId: known.id, wasKnown: true, changes: [] };
  await tx.query(`UPDATE service SET version = $2, updated_at = ${LATER} WHERE id = $1`, [
    known.id,
    postgresql.version,
  ]);
  const change = { field: `${name}: version`, before: known.version, after: postgresql.version };
  return { serviceId: known.id, wasKnown: true, changes: [change] };
}

async function insertService(
  tx: EntityManager,
  place: { nodeId: string; name: string; address?: string | null; port?: number | null },
  { version, socket, cluster, replicationSet }: RegisterPostgreSqlInput,
): Promise<string> {
  const id = uuidv7();
  try {
    await tx.insert(PostgreSqlService, {
      ...place,
      id,
      version,
      socket: socket ?? null,
      cluster: cluster ?? null,
      replicationSet: replicationSet ?? null,
    });
  } catch (error) {
    if (violates(error, SERVICE_NAME_KEY)) throw nameTaken();
    throw error;
  }
  return id;
}

interface KnownService {
  id: string;
  node_id: string;
  type: ServiceType;
  version: string | null;
}

/** Locked: what changed of it is told by what it was. */
async function findService(tx: EntityManager, name: string): Promise<KnownService | undefined> {
  const rows = await tx.query<KnownService[]>(
    'SELECT id, node_id, type, version FROM service WHERE lower(name) COLLATE "C" = lower($1) COLLATE "C" FOR UPDATE',
    [name],
  );
  return rows[0];
}

function nameOfAnother(): Conflict {
  return new Conflict(
    'A service of this name on this node is no PostgreSQL. Give the PostgreSQL service another name, or ask an administrator to rename that one.',
  );
}

function nameTaken(): Conflict {
  return new Conflict(
    'A service of this name is on another node. Give the PostgreSQL service another name, or ask an administrator to remove that one.',
  );
}
