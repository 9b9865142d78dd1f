import { createHash, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';

const BYTES = 32;
const ID_DIGITS = 16;
const HEX = /^[0-9a-f]{64}$/i;
const BASE64 = /^[0-9a-z+/]{43}=$/i;

/** What secrets of monitored services are encrypted with. */
export interface EncryptionKey {
  /** Tells keys apart and tells nothing of them: it is stored beside each secret, and shown. */
  id: string;
  /** Not bytes: these would be shown by whatever shows an object. */
  secret: KeyObject;
}

/** The key that a text holds: 32 bytes in base64 or in hexadecimal digits. Null when it is anything else. */
export function parseKey(text: string): EncryptionKey | null {
  if (HEX.test(text)) return keyOf(Buffer.from(text, 'hex'));
  const bytes = Buffer.from(text, 'base64');
  // Other last digits mean the same bytes: such a text was mistyped.
  return BASE64.test(text) && bytes.toString('base64') === text ? keyOf(bytes) : null;
}

/** A new key, as text. */
export function makeKeyText(): string {
  return randomBytes(BYTES).toString('base64');
}

function keyOf(bytes: Buffer): EncryptionKey {
  const digest = createHash('sha256').update('rollcall-encryption-key-id-v1\n').update(bytes).digest('hex');
  return { id: digest.slice(0, ID_DIGITS), secret: createSecretKey(bytes) };
}
