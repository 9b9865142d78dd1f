import type { EntityManager } from 'typeorm';
import { CredentialKind, parseCredential, secretMatches } from '../access/credential';
import { type TokenStatus, tokenStatusSql } from '../registration-token/registration-token';
import { tokenInvalid } from './token-refusal';

/** A registration token whose holder has proved to know the secret. */
export interface PresentedToken {
  id: string;
  publicId: string;
}

/** The token that was presented. Throws TOKEN_INVALID unless it is one of ours with the right secret. */
export async function presentedToken(db: EntityManager, text: string): Promise<PresentedToken> {
  const credential = parseCredential(text);
  if (credential?.kind !== CredentialKind.REGISTRATION_TOKEN) throw tokenInvalid();
  const [row] = await db.query<{ id: string; secret_hash: Buffer }[]>(
    'SELECT id, secret_hash FROM registration_token WHERE public_id = $1',
    [credential.publicId],
  );
  const right = secretMatches(credential.secret, row?.secret_hash);
  if (!row || !right) throw tokenInvalid();
  return { id: row.id, publicId: credential.publicId };
}

/** The token's status by the database's clock. */
export async function statusOfToken(db: EntityManager, id: string): Promise<TokenStatus> {
  const [row] = await db.query<{ status: TokenStatus }[]>(
    `SELECT ${tokenStatusSql('token')} AS status FROM registration_token AS token WHERE id = $1`,
    [id],
  );
  return row!.status;
}
