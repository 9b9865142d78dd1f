import type { Authentication, KeyRow } from './authentication';
import { endWaitingKey, lockWithWaitingKey } from './waiting-key';

/**
 * Writes down the first use of a successor, and ends the key that waited for it. The key is judged again under a lock: one that
 * was revoked, or given another secret, since it was looked up must not end the one that is still good.
 */
export async function noteFirstUse(authentication: Authentication, key: KeyRow, publicId: string): Promise<void> {
  const { db, keyCache, remoteAddress, requestId } = authentication;
  const ended = await db.transaction(async (tx) => {
    const waiting = await lockWithWaitingKey(tx, key.id);
    const [used] = await tx.query<[unknown[], number]>(
      `UPDATE api_key SET first_used_at = clock_timestamp()
       WHERE id = $1 AND first_used_at IS NULL AND revoked_at IS NULL AND secret_hash = $2 RETURNING id`,
      [key.id, key.secret_hash],
    );
    if (!waiting || used.length === 0) return [];
    const caller = { keyId: key.id, publicId, name: key.name, role: key.role, agentId: key.agent_id, enrolment: null };
    return endWaitingKey(tx, { caller, remoteAddress, requestId }, waiting, 'its successor is in use');
  });
  keyCache.evict([publicId, ...ended]);
}
