import type { EntityManager } from 'typeorm';
import { recordSuccess, type AuditSource } from '../audit/audit';
import { KeyEnd } from './api-key';
import { endKeys } from './end-keys';

/** A key that rotated itself, and is good until its successor is first used. */
export interface WaitingKey {
  id: string;
  name: string;
}

/**
 * Locks a key and before it the one that it took the place of: in this order always, or two could lock each other out. Gives the
 * latter if it waits for this one to be used.
 */
export async function lockWithWaitingKey(tx: EntityManager, successorId: string): Promise<WaitingKey | null> {
  const locked = await tx.query<(WaitingKey & { waits: boolean })[]>(
    `SELECT id, name, id <> $1 AND grace_until_use AND revoked_at IS NULL AS waits FROM api_key
     WHERE id = $1 OR id = (SELECT rotated_from_id FROM api_key WHERE id = $1) ORDER BY id = $1 FOR UPDATE`,
    [successorId],
  );
  return locked.find(({ waits }) => waits) ?? null;
}

/** Ends it, with a row of its own. Gives the public ids to forget. */
export async function endWaitingKey(
  tx: EntityManager,
  source: AuditSource,
  waiting: WaitingKey,
  reason: string,
): Promise<string[]> {
  const ended = await endKeys(tx, { id: waiting.id }, KeyEnd.KEY_ROTATED);
  await recordSuccess(tx, source, {
    action: 'api_key.end',
    targetType: 'api_key',
    targetId: waiting.id,
    targetName: waiting.name,
    changes: [{ field: 'status', before: 'ACTIVE', after: 'REVOKED' }],
    reason,
  });
  return ended;
}
