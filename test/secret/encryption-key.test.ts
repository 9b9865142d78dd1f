import { inspect } from 'node:util';
import { makeKeyText, parseKey } from '../../src/secret/encryption-key';

const HEX = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
const BASE64 = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';

test.each([
  ['base64', BASE64],
  ['hexadecimal digits', HEX],
  ['capital hexadecimal digits', HEX.toUpperCase()],
])('a key is read from %s, and has the same id in each', (_, text) => {
  const key = parseKey(text)!;
  expect(key.id).toBe('32bdd8b9dd33e6e3');
  expect(key.secret.export().toString('hex')).toBe(HEX);
});

test.each([
  ['nothing', ''],
  ['31 bytes', Buffer.alloc(31, 7).toString('base64')],
  ['33 bytes', Buffer.alloc(33, 7).toString('base64')],
  ['31 bytes in hexadecimal digits', HEX.slice(2)],
  ['33 bytes in hexadecimal digits', `${HEX}20`],
  ['base64 without its end', BASE64.slice(0, -1)],
  ['base64 whose last digit means no bytes', BASE64.replace('8=', '9=')],
  ['base64url', Buffer.alloc(32, 0xff).toString('base64url')],
  ['32 letters', 'abcdefghijklmnopqrstuvwxyzabcdef'],
  ['two keys', `${BASE64}\n${BASE64}`],
])('%s is no key', (_, text) => {
  expect(parseKey(text)).toBeNull();
});

test('made keys are keys, and differ', () => {
  const keys = Array.from({ length: 100 }, () => parseKey(makeKeyText())!);
  expect(new Set(keys.map(({ id }) => id)).size).toBe(100);
});

test('what shows a key shows its id alone', () => {
  const key = parseKey(HEX)!;
  const shown = `${JSON.stringify(key)} ${inspect(key, { depth: 9, showHidden: true })}`;
  expect(shown).toContain(key.id);
  expect(shown).not.toMatch(/AAECAw|00010203|00 01 02 03|3,\s*4,\s*5/);
});
