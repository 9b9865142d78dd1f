import { v7 as uuidv7 } from 'uuid';
import type { EntityManager } from 'typeorm';
import type { Context } from '../context';
import { AuditOutcome, type FieldChange } from './audit-event';

/** What happened, to what. */
export interface AuditEntry {
  /** In the form noun.verb, such as `registration_token.issue`. */
  action: string;
  /** Absent where nobody knows what was meant, as with an unknown secret. */
  targetType?: string;
  targetId?: string;
  targetName?: string;
  reason?: string;
  changes?: FieldChange[];
  /** Who acted, where it is not the caller's key: a registration token, or the server itself. */
  actorName?: string;
  /** How many alike are told as one; 1 unless said. */
  count?: number;
}

/** The parts of a request that its audit rows tell. */
export interface AuditSource extends Pick<Context, 'caller'> {
  remoteAddress: string | null;
  requestId: string | null;
}

/** Writes the row of a change, in the transaction of that change: without the row there is no change. */
export async function recordSuccess(tx: EntityManager, source: AuditSource | null, entry: AuditEntry): Promise<void> {
  await insert(tx, source, [entry], AuditOutcome.SUCCEEDED);
}

/** The same for many at once: one statement for all of their rows. */
export async function recordSuccesses(
  tx: EntityManager,
  source: AuditSource | null,
  entries: readonly AuditEntry[],
): Promise<void> {
  await insert(tx, source, entries, AuditOutcome.SUCCEEDED);
}

/** Writes the row of a refusal, in a transaction of its own. */
export async function recordRefusal(db: EntityManager, source: AuditSource, entry: AuditEntry): Promise<void> {
  await insert(db, source, [entry], AuditOutcome.REFUSED);
}

/** One statement for the rows and for their place among those that wait for the chain: there is never one without the other. */
const INSERT = `
  WITH event AS (
    INSERT INTO audit_event (id, action, outcome, actor_name, actor_key_public_id, remote_address, target_type, target_id,
      target_name, reason, changes, request_id, count)
    SELECT (row->>'id')::uuid, row->>'action', $2, row->>'actorName', row->>'actorKeyPublicId', $3, row->>'targetType',
      (row->>'targetId')::uuid, row->>'targetName', row->>'reason', row->'changes', $4, (row->>'count')::integer
    FROM jsonb_array_elements($1::jsonb) AS row RETURNING id
  )
  INSERT INTO audit_unchained (audit_id) SELECT id FROM event`;

async function insert(
  manager: EntityManager,
  source: AuditSource | null,
  entries: readonly AuditEntry[],
  outcome: AuditOutcome,
): Promise<void> {
  const rows = entries.map(({ actorName, changes = [], count = 1, ...entry }) => ({
    ...entry,
    id: uuidv7(),
    changes,
    count,
    actorName: actorName ?? source?.caller?.name,
    actorKeyPublicId: actorName === undefined ? source?.caller?.publicId : null,
  }));
  await manager.query(INSERT, [
    JSON.stringify(rows),
    outcome,
    source?.remoteAddress ?? null,
    source?.requestId ?? null,
  ]);
}
