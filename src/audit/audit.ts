import { v7 as uuidv7 } from 'uuid';
import type { EntityManager } from 'typeorm';
import type { Context } from '../context';
import { AuditEvent, AuditOutcome, type FieldChange } from './audit-event';

/** What happened, to what. */
export interface AuditEntry {
  /** In the form noun.verb, such as `registration_token.issue`. */
  action: string;
  targetType: string;
  targetId?: string;
  targetName?: string;
  reason?: string;
  changes?: FieldChange[];
  /** Who acted, where it is not the caller's key: a registration token, or the server itself. */
  actorName?: string;
}

/** The parts of a request that its audit rows tell. */
export type AuditSource = Pick<Context, 'caller' | 'remoteAddress' | 'requestId'>;

/** Writes the row of a change, in the transaction of that change: without the row there is no change. */
export async function recordSuccess(tx: EntityManager, source: AuditSource | null, entry: AuditEntry): Promise<void> {
  await insert(tx, source, entry, AuditOutcome.SUCCEEDED);
}

/** Writes the row of a refusal, in a transaction of its own. */
export async function recordRefusal(db: EntityManager, source: AuditSource, entry: AuditEntry): Promise<void> {
  await insert(db, source, entry, AuditOutcome.REFUSED);
}

async function insert(manager: EntityManager, source: AuditSource | null, entry: AuditEntry, outcome: AuditOutcome) {
  const { actorName, ...told } = entry;
  await manager.insert(AuditEvent, {
    ...told,
    id: uuidv7(),
    outcome,
    actorName: actorName ?? source?.caller?.name ?? null,
    actorKeyPublicId: actorName === undefined ? (source?.caller?.publicId ?? null) : null,
    remoteAddress: source?.remoteAddress ?? null,
    requestId: source?.requestId ?? null,
  });
}
