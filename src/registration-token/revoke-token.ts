import type { EntityManager } from 'typeorm';
import { recordSuccess } from '../audit/audit';
import { countingRefusals } from '../audit/counted-refusal';
import type { Context } from '../context';
import { NotFound } from '../errors';
import { isUuid } from '../scalars/uuid';
import { RegistrationToken } from './registration-token';

const ACTION = 'registration_token.revoke';

/** Ends a token. The agents that it enrolled go on. Revoking it again changes nothing. */
export async function revokeRegistrationToken(context: Context, id: string): Promise<{ token: RegistrationToken }> {
  if (!isUuid(id)) throw new NotFound('registration token');
  const attempt = { action: ACTION, target: { type: 'registration_token', id } };
  const token = await countingRefusals(context, attempt, () => context.db.transaction((tx) => revoke(tx, context, id)));
  return { token };
}

async function revoke(tx: EntityManager, context: Context, id: string): Promise<RegistrationToken> {
  const [rows] = await tx.query<[{ public_id: string; revoked_at: Date }[], number]>(
    `UPDATE registration_token SET revoked_at = clock_timestamp() WHERE id = $1 AND revoked_at IS NULL
     RETURNING public_id, revoked_at`,
    [id],
  );
  if (rows[0])
    await recordSuccess(tx, context, {
      action: ACTION,
      targetType: 'registration_token',
      targetId: id,
      targetName: rows[0].public_id,
      changes: [{ field: 'revokedAt', before: null, after: rows[0].revoked_at.toISOString() }],
    });
  const token = await tx.findOneBy(RegistrationToken, { id });
  if (!token) throw new NotFound('registration token');
  return token;
}
