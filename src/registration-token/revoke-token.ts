import { recordSuccess } from '../audit/audit';
import type { Context } from '../context';
import { NotFound } from '../errors';
import { isUuid } from '../scalars/uuid';
import { RegistrationToken } from './registration-token';

/** Ends a token. The agents that it enrolled go on. Revoking it again changes nothing. */
export async function revokeRegistrationToken(context: Context, id: string): Promise<{ token: RegistrationToken }> {
  if (!isUuid(id)) throw new NotFound('registration token');
  const token = await context.db.transaction(async (tx) => {
    const [rows] = await tx.query<[{ public_id: string }[], number]>(
      `UPDATE registration_token SET revoked_at = clock_timestamp() WHERE id = $1 AND revoked_at IS NULL RETURNING public_id`,
      [id],
    );
    if (rows[0])
      await recordSuccess(tx, context, {
        action: 'registration_token.revoke',
        targetType: 'registration_token',
        targetId: id,
        targetName: rows[0].public_id,
      });
    return tx.findOneBy(RegistrationToken, { id });
  });
  if (!token) throw new NotFound('registration token');
  return { token };
}
