import { recordSuccess } from '../audit/audit';
import { KeyEnd } from './api-key';
import type { Authentication, KeyRow } from './authentication';
import { endKeys } from './end-keys';

/**
 * Writes down the first use of a successor, and ends the key that waited for it. The key is judged again under a lock: one that
 * was revoked, or given another secret, since it was looked up must not end the one that is still good.
 */
export async function noteFirstUse(authentication: Authentication, key: KeyRow, publicId: string): Promise<void> {
  const { db, keyCache, remoteAddress, requestId } = authentication;
  const ended = await db.transaction(async (tx) => {
    // The former key first, as a rotation has it: the other way round the two could lock each other out.
    const waiting = await tx.query<{ id: string; name: string }[]>(
      'SELECT id, name FROM api_key WHERE id = $1 AND grace_until_use AND revoked_at IS NULL FOR UPDATE',
      [key.rotated_from_id],
    );
    const [used] = await tx.query<[unknown[], number]>(
      `UPDATE api_key SET first_used_at = clock_timestamp()
       WHERE id = $1 AND first_used_at IS NULL AND revoked_at IS NULL AND secret_hash = $2 RETURNING id`,
      [key.id, key.secret_hash],
    );
    const former = waiting[0];
    if (!former || used.length === 0) return [];
    const endedKeys = await endKeys(tx, { id: former.id }, KeyEnd.KEY_ROTATED);
    const caller = { keyId: key.id, publicId, name: key.name, role: key.role, agentId: key.agent_id, enrolment: null };
    await recordSuccess(
      tx,
      { caller, remoteAddress, requestId },
      {
        action: 'api_key.end',
        targetType: 'api_key',
        targetId: former.id,
        targetName: former.name,
        reason: 'its successor is in use',
      },
    );
    return endedKeys;
  });
  keyCache.evict([publicId, ...ended]);
}
