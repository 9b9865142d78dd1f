import { createHash } from 'node:crypto';

/** What an approval is about: the key that will be good, under which node name, and what the server drew when it was asked. */
export interface Pairing {
  /** 12 characters of [0-9A-Za-z]. */
  keyPublicId: string;
  /** SHA-256 of the key's secret, 64 lower-case hex digits. */
  keySecretHash: string;
  nodeName: string;
  /** 64 lower-case hex digits. */
  nonce: string;
}

/** Crockford's base32: no I, L, O and U, which are read for others. https://www.crockford.com/base32.html */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const BITS = 40;
const BITS_A_CHARACTER = 5;

/**
 * The pairing ID that agent and administrator compare, such as `K7QF-2M9X`: the first 40 bits of a SHA-256
 * (docs/decisions/client-registry.md). The nonce is drawn after the key is known, so that nobody can look for a key that has the pairing ID of another.
 */
export function pairingId({ keyPublicId, keySecretHash, nodeName, nonce }: Pairing): string {
  const hash = createHash('sha256')
    .update(`rollcall-pairing-v1\n${keyPublicId}\n${keySecretHash}\n${nodeName}\n${nonce}`)
    .digest();
  const bits = hash.readUIntBE(0, BITS / 8);
  const digits = Array.from({ length: BITS / BITS_A_CHARACTER }, (_, index) => {
    // Not by shifting: in JavaScript that keeps 32 bits.
    const value = Math.floor(bits / 2 ** (BITS - BITS_A_CHARACTER * (index + 1)));
    return ALPHABET[value % ALPHABET.length];
  });
  return `${digits.slice(0, 4).join('')}-${digits.slice(4).join('')}`;
}

/** What of a pairing ID counts when two are compared: people may write it in any case, and without its dash. */
export function comparablePairingId(text: string): string {
  return text.replace('-', '').toUpperCase();
}
