import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { pairingId, type Pairing } from '../src/pairing-id';

// What docs/decisions/client-registry.md gives for others to test theirs with.
const VECTOR = {
  keyPublicId: '0aZ9bY8cX7dW',
  keySecretHash: createHash('sha256').update('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ').digest('hex'),
  nodeName: 'db1.example.com',
  nonce: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
};

const of = (characters: string, length: number) =>
  fc.string({ unit: fc.constantFrom(...characters.split('')), minLength: length, maxLength: length });
const hex = of('0123456789abcdef', 64);
const names = fc.oneof(of('aZ0', 1), of('aZ0.-_', 8));
const pairings = fc.record({ keyPublicId: of('09AZaz', 12), keySecretHash: hex, nodeName: names, nonce: hex });

/** By another way than the one under test: the bits as text, five at a time. */
function independently({ keyPublicId, keySecretHash, nodeName, nonce }: Pairing): string {
  const text = ['rollcall-pairing-v1', keyPublicId, keySecretHash, nodeName, nonce].join('\n');
  const bits = [...createHash('sha256').update(text).digest()]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  const digits = Array.from({ length: 8 }, (_, at) => parseInt(bits.slice(5 * at, 5 * at + 5), 2));
  const characters = digits.map((digit) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[digit]);
  return `${characters.slice(0, 4).join('')}-${characters.slice(4).join('')}`;
}

test('the test vector of the docs', () => {
  const page = readFileSync(path.join(__dirname, '../docs/decisions/client-registry.md'), 'utf8');
  for (const value of Object.values(VECTOR)) expect(page).toContain(value);
  expect(page).toContain(pairingId(VECTOR));
  expect(pairingId(VECTOR)).toBe(independently(VECTOR));
});

test('is the first 40 bits of the hash in eight characters, whatever it is of', () => {
  fc.assert(fc.property(pairings, (pairing) => expect(pairingId(pairing)).toBe(independently(pairing))));
});

test.each(Object.keys(VECTOR) as (keyof Pairing)[])('changes with %s', (part) => {
  fc.assert(
    fc.property(pairings, pairings, (one, other) => {
      fc.pre(one[part] !== other[part]);
      expect(pairingId({ ...one, [part]: other[part] })).not.toBe(pairingId(one));
    }),
  );
});

test('does not run its parts into each other', () => {
  // A name cannot hold a line feed; if it could, these two would be hashed alike.
  const [one, other] = [
    { ...VECTOR, nodeName: 'a', nonce: 'b' },
    { ...VECTOR, nodeName: 'ab', nonce: '' },
  ];
  expect(pairingId(one)).not.toBe(pairingId(other));
});
