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
  await insert(tx, source, entry, AuditOutcome.SUCCEEDED);
}

/** Writes the row of a refusal, in a transaction of its own. */
export async function recordRefusal(db: EntityManager, source: AuditSource, entry: AuditEntry): Promise<void> {
  await insert(db, source, entry, AuditOutcome.REFUSED);
}

/** One statement for the row and for its place among those that wait for the chain: there is never one without the other. */
const INSERT = `
  WITH event AS (
    INSERT INTO audit_event (id, action, outcome, actor_name, actor_key_public_id, remote_address, target_type, target_id,
      target_name, reason, changes, request_id, count)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id
  )
  INSERT INTO audit_unchained (audit_id) SELECT id FROM event`;

async function insert(manager: EntityManager, source: AuditSource | null, entry: AuditEntry, outcome: AuditOutcome) {
  const { actorName, changes = [], count = 1 } = entry;
  await manager.query(INSERT, [
    uuidv7(),
    entry.action,
    outcome,
    actorName ?? source?.caller?.name ?? null,
    actorName === undefined ? (source?.caller?.publicId ?? null) : null,
    source?.remoteAddress ?? null,
    entry.targetType ?? null,
    entry.targetId ?? null,
    entry.targetName ?? null,
    entry.reason ?? null,
    JSON.stringify(changes),
    source?.requestId ?? null,
    count,
  ]);
}
