import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { EncryptionKey } from './encryption-key';

const ALGORITHM = 'aes-256-gcm';
/** The first byte of what is sealed; another layout gets another one. */
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

/** Whose secret it is. One that was sealed for another agent or field cannot be opened here. */
export interface SecretPlace {
  agentId: string;
  field: string;
}

export interface SealedSecret {
  /** Of the key that opens it. */
  keyId: string;
  /** Version, nonce, tag, and what is encrypted. */
  sealed: Buffer;
}

/** Why a secret cannot be opened. It tells which one, never what is in it. */
export class UnopenableSecret extends Error {
  constructor({ agentId, field }: SecretPlace, reason: string) {
    super(`The secret ${field} of agent ${agentId} cannot be opened: ${reason}. Set it anew.`);
  }
}

/** Encrypts a secret for its place: AES-256-GCM with a random nonce. */
export function sealSecret({ id, secret }: EncryptionKey, place: SecretPlace, text: string): SealedSecret {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, secret, nonce, { authTagLength: TAG_BYTES }).setAAD(associatedData(place));
  const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return { keyId: id, sealed: Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), encrypted]) };
}

/** The secret as it was given. Throws UnopenableSecret. */
export function openSecret(key: EncryptionKey, place: SecretPlace, { keyId, sealed }: SealedSecret): string {
  if (keyId !== key.id)
    throw new UnopenableSecret(place, `it was sealed with the key ${keyId}, and the key of this server is ${key.id}`);
  if (sealed.length < HEAD_BYTES || sealed[0] !== VERSION)
    throw new UnopenableSecret(place, 'it is not in a format that this version knows');
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key.secret, nonce, { authTagLength: TAG_BYTES })
    .setAAD(associatedData(place))
    .setAuthTag(sealed.subarray(1 + NONCE_BYTES, HEAD_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    throw new UnopenableSecret(place, 'it was changed, or was sealed for another agent or field');
  }
}

/** Unambiguous: an id has no line feed, and the field is the rest. */
function associatedData({ agentId, field }: SecretPlace): Buffer {
  return Buffer.from(`rollcall-agent-secret-v${VERSION}\n${agentId.toLowerCase()}\n${field}`);
}
