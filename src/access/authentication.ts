import type { EntityManager } from 'typeorm';
import type { Context } from '../context';
import { Unauthenticated } from '../errors';
import type { Caller } from './actor';
import type { KeyEnd } from './api-key';
import { CredentialKind, parseCredential, secretMatches, type Credential } from './credential';
import { noteFirstUse } from './first-use';
import type { KeyCache } from './key-cache';
import { MISUSE_TOLD, recordMisuse } from './key-misuse';
import type { KeyUse } from './key-use';
import { Role } from './role';
import type { LookUp } from '../database/look-up';

/** What is looked up of a key. */
export interface KeyRow {
  id: string;
  public_id: string;
  name: string;
  role: Role;
  agent_id: string | null;
  enrolment: number | null;
  secret_hash: Buffer;
  ended_by: KeyEnd | null;
  expired: boolean;
  /** Until the key ends by itself; null: it does not. */
  ms_left: number | null;
  /** It took the place of another key and was not used yet. */
  first_use: boolean;
  rotated_from_id: string | null;
  /** Its misuse was written down within the last minute. */
  misuse_told: boolean;
}

/** What authentication knows of the request, and has of the server. */
export type Authentication = Pick<
  Context,
  'db' | 'keyCache' | 'limits' | 'refusals' | 'remoteAddress' | 'requestId' | 'log'
> & {
  findKey: LookUp<KeyRow>;
  keyUse: Pick<KeyUse, 'note'>;
};

/** What is told of a key that has ended, by its reason. */
const ENDS: Record<KeyEnd | 'KEY_EXPIRED', string> = {
  KEY_EXPIRED: 'The key has expired. Ask an administrator for a new one.',
  KEY_REVOKED: 'The key was revoked. Ask an administrator for a new one.',
  KEY_ROTATED: 'The key was replaced by a newer one. Use that.',
  AGENT_REPLACED: 'The node was enrolled afresh, which ended this key.',
  AGENT_REMOVED: 'The agent was taken off the roll, which ended this key.',
};

/**
 * The caller behind an Authorization header; null when there is none. A header that holds no good key throws
 * Unauthenticated: it never counts as anonymous. Why is told only to who presents the right secret.
 */
export async function authenticate(
  authentication: Authentication,
  authorization: string | undefined,
): Promise<Caller | null> {
  if (authorization === undefined) return null;
  const credential = presentedCredential(authorization);
  if (!credential) throw notGood();
  const { publicId } = credential;
  const isRight = (found: KeyRow | null): found is KeyRow => isKeyOf(found, credential);
  const row = await authentication.keyCache.find(publicId, isRight, () => authentication.findKey(publicId));
  if (!isRight(row)) throw notGood();
  const { id: keyId, name, role, agent_id: agentId, enrolment } = row;
  const caller = { keyId, publicId, name, role, agentId, enrolment };
  const reason = row.ended_by ?? (row.expired ? 'KEY_EXPIRED' : null);
  // A first use is looked up once more, and counts then.
  if (reason !== null || !row.first_use) authentication.limits.keyUsed(authentication, caller);
  if (reason) {
    await recordMisuse(authentication, row, reason);
    throw keyEnded(reason);
  }
  if (row.first_use) {
    await noteFirstUse(authentication, row, publicId);
    // Looked up once more: it may have been revoked, or given another secret, meanwhile.
    return authenticate(authentication, authorization);
  }
  authentication.keyUse.note(row.id);
  return caller;
}

/** Whether the header presents a key that was good when it was last looked up: enough to go first, and for nothing else. */
export function wasGood(keyCache: KeyCache, authorization: string | undefined): boolean {
  const credential = authorization === undefined ? null : presentedCredential(authorization);
  return credential !== null && keyCache.wasGood(credential.publicId, (row) => isKeyOf(row, credential));
}

function isKeyOf(row: KeyRow | null, { secret, kind }: Credential): row is KeyRow {
  return secretMatches(secret, row?.secret_hash) && row !== null && kindOf(row.role) === kind;
}

/** Told to whoever presents the right secret of a key that is good no more. */
export function keyEnded(reason: keyof typeof ENDS): Unauthenticated {
  return new Unauthenticated(ENDS[reason], reason);
}

/** The names that stand for a key where Basic wants a user: PMM's. */
const BASIC_USERS = new Set(['api_key', 'service_token']);

/** `Bearer KEY`, or `Basic` with the user api_key or service_token and the key as password; schemes regardless of case. */
function presentedCredential(authorization: string): Credential | null {
  const [, scheme, value] = /^(Bearer|Basic) +([^ ]+) *$/i.exec(authorization) ?? [];
  if (scheme === undefined || value === undefined) return null;
  return parseCredential(scheme.toLowerCase() === 'bearer' ? value : basicPassword(value));
}

function basicPassword(encoded: string): string {
  const [user, ...password] = Buffer.from(encoded, 'base64').toString().split(':');
  return BASIC_USERS.has(user!) ? password.join(':') : '';
}

/** What the database says of keys now. */
export function findKeys(db: EntityManager, publicIds: readonly string[]): Promise<KeyRow[]> {
  return db.query<KeyRow[]>(
    `SELECT key.id, key.public_id, key.name, key.role, key.agent_id, key.secret_hash, liveness.enrolment, key.rotated_from_id,
            coalesce(key.${MISUSE_TOLD}, false) AS misuse_told,
            coalesce(key.ended_by, CASE WHEN key.grace_until <= clock_timestamp() THEN 'KEY_ROTATED' END) AS ended_by,
            coalesce(key.expires_at <= clock_timestamp(), false) AS expired,
            extract(epoch FROM least(key.expires_at, key.grace_until) - clock_timestamp())::float8 * 1000 AS ms_left,
            key.rotated_from_id IS NOT NULL AND key.first_used_at IS NULL AS first_use
     FROM api_key AS key LEFT JOIN liveness ON liveness.agent_id = key.agent_id
     WHERE key.public_id = ANY ($1::text[])`,
    [publicIds],
  );
}

function kindOf(role: Role): CredentialKind {
  return role === Role.AGENT ? CredentialKind.AGENT_KEY : CredentialKind.USER_KEY;
}

function notGood(): Unauthenticated {
  return new Unauthenticated('The key is not good. Give "Authorization: Bearer KEY" with a key of this server.');
}
