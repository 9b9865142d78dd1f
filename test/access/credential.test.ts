import { createHash } from 'node:crypto';
import {
  credentialFingerprint,
  CredentialKind,
  formatCredential,
  hashSecret,
  makeCredential,
  parseCredential,
  secretMatches,
} from '../../src/access/credential';

const KINDS = Object.values(CredentialKind);
const PUBLIC_ID = '0aZ9bY8cX7dW';
const SECRET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ';
// The sum is that of `printf rcu_0aZ9bY8cX7dW_abc…OPQ | sha256sum | cut -c1-6`.
const TEXT = `rcu_${PUBLIC_ID}_${SECRET}df4c9e`;

test.each(KINDS)('a new %s credential is read back as what it was made of', (kind) => {
  const { credential, text } = makeCredential(kind);
  expect(text).toMatch(/^rc[tuas]_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}[0-9a-f]{6}$/);
  expect(text.startsWith(`${kind}_`)).toBe(true);
  expect(parseCredential(text)).toEqual(credential);
});

test('the text ends with the first six hex digits of the SHA-256 of all before', () => {
  const credential = { kind: CredentialKind.USER_KEY, publicId: PUBLIC_ID, secret: SECRET };
  expect(formatCredential(credential)).toBe(TEXT);
  expect(parseCredential(TEXT)).toEqual(credential);
});

const summed = (body: string) => body + createHash('sha256').update(body).digest('hex').slice(0, 6);
const mangled: [string, string][] = [
  ['an empty text', ''],
  ['the kind alone', 'rcu_'],
  ['another kind with the sum of this one', TEXT.replace('rcu', 'rca')],
  ['an unknown kind', summed(`rcx_${PUBLIC_ID}_${SECRET}`)],
  ['an upper-case kind', summed(`RCU_${PUBLIC_ID}_${SECRET}`)],
  ['one character changed', TEXT.replace('abc', 'abd')],
  ['two characters swapped', TEXT.replace('abc', 'bac')],
  ['one character in another case', TEXT.replace('abc', 'Abc')],
  ['one character lost', TEXT.slice(0, -1)],
  ['one character more', `${TEXT}0`],
  ['a sum in upper case', TEXT.slice(0, -6) + 'DF4C9E'],
  ['a short public id', summed(`rcu_${PUBLIC_ID.slice(1)}_${SECRET}`)],
  ['a long secret', summed(`rcu_${PUBLIC_ID}_${SECRET}R`)],
  ['a character that is not of the alphabet', summed(`rcu_${PUBLIC_ID}_${SECRET.slice(1)}-`)],
  ['a letter beyond ASCII', summed(`rcu_${PUBLIC_ID}_${SECRET.slice(1)}é`)],
  ['a space before', ` ${TEXT}`],
  ['a line feed after', `${TEXT}\n`],
  ['quotes around', `"${TEXT}"`],
];
test.each(mangled)('%s is no credential', (_, text) => {
  expect(parseCredential(text)).toBeNull();
});

test('every single character that is mistyped makes a text that is refused', () => {
  for (let index = 0; index < TEXT.length; index++) {
    const mistyped = TEXT.slice(0, index) + (TEXT[index] === 'q' ? 'r' : 'q') + TEXT.slice(index + 1);
    expect(parseCredential(mistyped)).toBeNull();
  }
});

test('public ids and secrets are drawn from 62 characters, none of them more often than others', () => {
  const draws = Array.from({ length: 4000 }, () => makeCredential(CredentialKind.SESSION).credential);
  const counts = new Map<string, number>();
  for (const { publicId, secret } of draws)
    for (const character of publicId + secret) counts.set(character, (counts.get(character) ?? 0) + 1);
  expect(counts.size).toBe(62);
  const expected = (4000 * 55) / 62;
  const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  // 61 degrees of freedom: fair draws stay below 150 but once in 10^8; bytes taken modulo 62 come to 2,000 and more.
  expect(chiSquare).toBeLessThan(150);
  expect(new Set(draws.map(({ publicId }) => publicId)).size).toBe(4000);
  expect(new Set(draws.map(({ secret }) => secret)).size).toBe(4000);
});

test('a hash matches the secret that it was made of, and no other', () => {
  const hash = hashSecret(SECRET);
  expect(hash.toString('hex')).toBe(createHash('sha256').update(SECRET).digest('hex'));
  expect(secretMatches(SECRET, hash)).toBe(true);
  expect(secretMatches(`${SECRET.slice(1)}a`, hash)).toBe(false);
  expect(secretMatches('', hash)).toBe(false);
});

test('the fingerprint is that of sha256sum over public id, line feed and the hash of the secret', () => {
  // printf '%s\n%s' 0aZ9bY8cX7dW "$(printf abc…OPQ | sha256sum | cut -c1-64)" | sha256sum
  expect(credentialFingerprint(PUBLIC_ID, hashSecret(SECRET))).toBe(
    '20ec172078c78fbe3e6745e84462f1ceb7310fbe94cbf5cd73b71d8874c1f4e8',
  );
});
