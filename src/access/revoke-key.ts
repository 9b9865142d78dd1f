import type { EntityManager } from 'typeorm';
import { recordSuccess } from '../audit/audit';
import { countingRefusals } from '../audit/counted-refusal';
import type { Context } from '../context';
import { FailedPrecondition, NotFound } from '../errors';
import { isUuid } from '../scalars/uuid';
import { ApiKey, ApiKeyStatus, KeyEnd, keyStatusSql } from './api-key';
import { endKeys } from './end-keys';
import { Role } from './role';

const ACTION = 'api_key.revoke';

/** Ends a key at once. Revoking an ended key again changes nothing. The last live ADMIN key stays. */
export async function revokeApiKey(context: Context, id: string): Promise<{ apiKey: ApiKey }> {
  if (!isUuid(id)) throw new NotFound('API key');
  const attempt = { action: ACTION, target: { type: 'api_key', id } };
  const apiKey = await countingRefusals(context, attempt, () =>
    context.db.transaction((tx) => revoke(tx, context, id)),
  );
  context.keyCache.evict([apiKey.publicId]);
  return { apiKey };
}

async function revoke(tx: EntityManager, context: Context, id: string): Promise<ApiKey> {
  await lockAdminKeys(tx);
  // Locked before it is judged: somebody else may be ending it just now.
  await tx.query('SELECT FROM api_key WHERE id = $1 FOR UPDATE', [id]);
  const key = await tx.findOneBy(ApiKey, { id });
  if (!key) throw new NotFound('API key');
  if (key.status === ApiKeyStatus.REVOKED) return key;
  if (key.role === Role.ADMIN && key.status === ApiKeyStatus.ACTIVE) await keepOneAdmin(tx, id);
  await endKeys(tx, { id }, KeyEnd.KEY_REVOKED);
  await recordSuccess(tx, context, {
    action: ACTION,
    targetType: 'api_key',
    targetId: id,
    targetName: key.name,
    changes: [{ field: 'status', before: key.status, after: ApiKeyStatus.REVOKED }],
  });
  return tx.findOneByOrFail(ApiKey, { id });
}

/** Taken before live ADMIN keys are counted, so that two at once cannot both think that the other's key stays. */
export async function lockAdminKeys(tx: EntityManager): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtext('rollcall-admin-keys'))`);
}

async function keepOneAdmin(tx: EntityManager, id: string): Promise<void> {
  const others = await tx.query<unknown[]>(
    // One in its grace does not count: it ends without anybody asking. Nor does one that nobody has used yet since a rotation: its answer may be lost.
    `SELECT FROM api_key AS key WHERE id <> $1 AND role = 'ADMIN' AND ${keyStatusSql('key')} = 'ACTIVE'
       AND grace_until IS NULL AND (rotated_from_id IS NULL OR first_used_at IS NOT NULL) LIMIT 1`,
    [id],
  );
  if (others.length === 0)
    throw new FailedPrecondition(
      'This is the last ADMIN key. Make another one first, or run: rollcall admin-key reset',
    );
}
