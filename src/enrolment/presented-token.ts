import type { EntityManager } from 'typeorm';
import { CredentialKind, parseCredential, secretMatches } from '../access/credential';
import type { Context } from '../context';
import type { InvalidInput } from '../errors';
import { type TokenStatus, tokenStatusSql } from '../registration-token/registration-token';
import { tokenInvalid } from './token-refusal';

/** A registration token whose holder has proved to know the secret. */
export interface PresentedToken {
  id: string;
  publicId: string;
  /** The node that it enrols afresh. */
  replacesNodeId: string | null;
}

/** What is looked up of a token. */
export interface TokenRow {
  id: string;
  public_id: string;
  secret_hash: Buffer;
  replaces_node_id: string | null;
}

/**
 * The token of a registration that may go on. Throws what is wrong with it, or TOKEN_INVALID. The failures of who holds the right secret are on
 * the token, those of others on their address, and beyond its budget they are RATE_LIMITED.
 */
export async function admit(
  context: Context,
  presented: string,
  malformed: InvalidInput | null,
): Promise<PresentedToken> {
  context.registrationTried = true;
  const token = await presentedToken(context, presented);
  if (!token) throw await context.limits.failedEnrolment(context, malformed ?? tokenInvalid());
  context.vouchFor(token.id);
  if (malformed) throw await context.limits.failedToken(context, token.id, malformed);
  return token;
}

/** Null unless it is one of ours with the right secret. */
async function presentedToken({ findToken }: Context, text: string): Promise<PresentedToken | null> {
  const credential = parseCredential(text);
  if (credential?.kind !== CredentialKind.REGISTRATION_TOKEN) return null;
  const row = await findToken(credential.publicId);
  const right = secretMatches(credential.secret, row?.secret_hash);
  return row && right ? { id: row.id, publicId: credential.publicId, replacesNodeId: row.replaces_node_id } : null;
}

export function findTokens(db: EntityManager, publicIds: readonly string[]): Promise<TokenRow[]> {
  return db.query<TokenRow[]>(
    'SELECT id, public_id, secret_hash, replaces_node_id FROM registration_token WHERE public_id = ANY ($1::text[])',
    [publicIds],
  );
}

/** The token's status by the database's clock. */
export async function statusOfToken(db: EntityManager, id: string): Promise<TokenStatus> {
  const [row] = await db.query<{ status: TokenStatus }[]>(
    `SELECT ${tokenStatusSql('token')} AS status FROM registration_token AS token WHERE id = $1`,
    [id],
  );
  return row!.status;
}
