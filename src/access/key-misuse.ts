import { recordRefusal } from '../audit/audit';
import { KeyEnd } from './api-key';
import type { Authentication, KeyRow } from './authentication';

/** Over the row of a key: whether its misuse was written down within the last minute. */
export const MISUSE_TOLD = `misused_at >= clock_timestamp() - interval '1 minute'`;

const ACTION = 'api_key.authenticate';

/**
 * Writes down that a key was presented after its end: a sign of theft, on the key itself and, of one that was rotated out, on
 * its successor too, which the thief may have as well. A row of its own once a minute a key; what comes in between is counted,
 * so that nobody can fill the audit trail with it.
 */
export async function recordMisuse(
  authentication: Authentication,
  key: KeyRow,
  reason: KeyEnd | 'KEY_EXPIRED',
): Promise<void> {
  const { db, remoteAddress, requestId, refusals, log } = authentication;
  const counted = { action: ACTION, reason, remoteAddress, target: { type: 'api_key', id: key.id, name: key.name } };
  if (key.misuse_told) return refusals.note(counted);
  const source = { caller: null, remoteAddress, requestId };
  try {
    const told = await db.transaction(async (tx) => {
      // One after the other, the former key first, as everybody has it who locks both.
      const [rows] = await tx.query<[unknown[], number]>(
        `UPDATE api_key SET misused_at = clock_timestamp()
         WHERE id = $1 AND ${MISUSE_TOLD} IS NOT TRUE RETURNING id`,
        [key.id],
      );
      if (rows.length === 0) return false;
      if (reason === KeyEnd.KEY_ROTATED)
        await tx.query('UPDATE api_key SET misused_at = clock_timestamp() WHERE rotated_from_id = $1', [key.id]);
      await recordRefusal(tx, source, {
        action: ACTION,
        targetType: 'api_key',
        targetId: key.id,
        targetName: key.name,
        reason,
      });
      return true;
    });
    if (!told) refusals.note(counted);
  } catch (error) {
    // The key is refused whether or not this can be written.
    log.warn({ err: error }, 'the misuse of a key could not be written');
    refusals.note(counted);
  }
}
