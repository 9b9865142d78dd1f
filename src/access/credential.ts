import { createHash, randomInt, timingSafeEqual } from 'node:crypto';

/**
 * The format of every secret that Rollcall makes (docs/decisions/credential-format.md):
 * `rct_` + 12 characters that name it + `_` + 43 characters that prove it + 6 hex digits that catch a mangled copy.
 */
export enum CredentialKind {
  REGISTRATION_TOKEN = 'rct',
  USER_KEY = 'rcu',
  AGENT_KEY = 'rca',
  SESSION = 'rcs',
}

/** A credential taken apart. `publicId` may be shown and logged, `secret` never. */
export interface Credential {
  kind: CredentialKind;
  publicId: string;
  secret: string;
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PUBLIC_ID_LENGTH = 12;
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
const FORMAT = /^(rct|rcu|rca|rcs)_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})[0-9a-f]{6}$/;

/** The part that must not be known, wherever it stands in a text. */
const SECRET = /(?:rct|rcu|rca|rcs)_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}/;

/** Makes a new credential and its text. 43 characters of 62 are 256 bits. */
export function makeCredential(kind: CredentialKind): { credential: Credential; text: string } {
  const credential = { kind, publicId: draw(PUBLIC_ID_LENGTH), secret: draw(SECRET_LENGTH) };
  return { credential, text: formatCredential(credential) };
}

/** The text of a credential, as it is handed out and presented. */
export function formatCredential({ kind, publicId, secret }: Credential): string {
  const body = `${kind}_${publicId}_${secret}`;
  return body + checksum(body);
}

/** Takes a presented text apart; null when it is no credential or was mangled, so that no query is spent on it. */
export function parseCredential(text: string): Credential | null {
  const match = FORMAT.exec(text);
  if (!match) return null;
  const [, kind, publicId, secret] = match as unknown as [string, CredentialKind, string, string];
  const body = text.slice(0, -CHECKSUM_LENGTH);
  return checksum(body) === text.slice(-CHECKSUM_LENGTH) ? { kind, publicId, secret } : null;
}

/** Whether a text that would be stored and shown has a credential in it, as when one was pasted into the wrong place. */
export function holdsSecret(text: string): boolean {
  return SECRET.test(text);
}

/** What is stored of a secret: its SHA-256. The secret is 256 random bits, so a fast hash is right. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Compared with where nothing is stored, so that an unknown credential costs what a wrong secret costs. */
const NO_HASH = Buffer.alloc(32);

/** Whether the secret has this hash, in constant time. Nothing has the hash of what is not stored. */
export function secretMatches(secret: string, hash: Buffer | null | undefined): boolean {
  return timingSafeEqual(hashSecret(secret), hash ?? NO_HASH);
}

/** SHA-256 of public id, a line feed and the secret's hash, as 64 hex digits: what people compare by eye. */
export function credentialFingerprint(publicId: string, secretHash: Buffer): string {
  return createHash('sha256')
    .update(`${publicId}\n${secretHash.toString('hex')}`)
    .digest('hex');
}

function draw(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

function checksum(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, CHECKSUM_LENGTH);
}
