import type { EntityManager } from 'typeorm';
import { Unauthenticated } from '../errors';
import type { Caller } from './actor';
import type { KeyEnd } from './api-key';
import { CredentialKind, parseCredential, secretMatches, type Credential } from './credential';
import { Role } from './role';

interface KeyRow {
  id: string;
  name: string;
  role: Role;
  agent_id: string | null;
  enrolment: number | null;
  secret_hash: Buffer;
  ended_by: KeyEnd | null;
  expired: boolean;
}

/** What is told of a key that has ended, by its reason. */
const ENDS: Record<KeyEnd | 'KEY_EXPIRED', string> = {
  KEY_EXPIRED: 'The key has expired. Ask an administrator for a new one.',
  KEY_REVOKED: 'The key was revoked. Ask an administrator for a new one.',
  KEY_ROTATED: 'The key was replaced by a newer one. Use that.',
  AGENT_REPLACED: 'The node was enrolled afresh, which ended this key.',
};

/**
 * The caller behind an Authorization header; null when there is none. A header that holds no good key throws
 * Unauthenticated: it never counts as anonymous. Why is told only to who presents the right secret.
 */
export async function authenticate(db: EntityManager, authorization: string | undefined): Promise<Caller | null> {
  if (authorization === undefined) return null;
  const credential = bearerCredential(authorization);
  if (!credential) throw notGood();
  const row = await findKey(db, credential.publicId);
  const right = secretMatches(credential.secret, row?.secret_hash);
  if (!row || !right || kindOf(row.role) !== credential.kind) throw notGood();
  if (row.ended_by) throw keyEnded(row.ended_by);
  if (row.expired) throw keyEnded('KEY_EXPIRED');
  const { id: keyId, name, role, agent_id: agentId, enrolment } = row;
  return { keyId, publicId: credential.publicId, name, role, agentId, enrolment };
}

function bearerCredential(authorization: string): Credential | null {
  const key = /^Bearer +([^ ]+) *$/i.exec(authorization)?.[1];
  return key === undefined ? null : parseCredential(key);
}

async function findKey(db: EntityManager, publicId: string): Promise<KeyRow | undefined> {
  const rows = await db.query<KeyRow[]>(
    `SELECT key.id, key.name, key.role, key.agent_id, key.secret_hash, key.ended_by, liveness.enrolment,
            coalesce(key.expires_at <= clock_timestamp(), false) AS expired
     FROM api_key AS key LEFT JOIN liveness ON liveness.agent_id = key.agent_id WHERE key.public_id = $1`,
    [publicId],
  );
  return rows[0];
}

function kindOf(role: Role): CredentialKind {
  return role === Role.AGENT ? CredentialKind.AGENT_KEY : CredentialKind.USER_KEY;
}

function notGood(): Unauthenticated {
  return new Unauthenticated('The key is not good. Give "Authorization: Bearer KEY" with a key of this server.');
}

/** Told to whoever presents the right secret of a key that is good no more. */
export function keyEnded(reason: keyof typeof ENDS): Unauthenticated {
  return new Unauthenticated(ENDS[reason], reason);
}
