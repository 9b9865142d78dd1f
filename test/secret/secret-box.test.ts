import { makeKeyText, parseKey } from '../../src/secret/encryption-key';
import { openSecret, sealSecret, UnopenableSecret, type SealedSecret } from '../../src/secret/secret-box';

const key = parseKey(makeKeyText())!;
const otherKey = parseKey(makeKeyText())!;
const place = { agentId: '0198c0de-0000-7000-8000-00000000000a', field: 'password' };
const TEXT = 'hunter2 of the canary';
const box = sealSecret(key, place, TEXT);

test.each([
  ['nothing', ''],
  ['a password', TEXT],
  ['letters of all kinds', 'pä$$\u0000wörd\n密码 🔑'],
  ['a key of 16 KiB', `-----BEGIN PRIVATE KEY-----\n${'A'.repeat(16_384)}`],
])('%s comes out as it was sealed', (_, text) => {
  expect(openSecret(key, place, sealSecret(key, place, text))).toBe(text);
});

test('an id is the same in capitals', () => {
  expect(openSecret(key, { ...place, agentId: place.agentId.toUpperCase() }, box)).toBe(TEXT);
});

test('the same secret is sealed differently each time, and with another nonce', () => {
  const boxes = Array.from({ length: 100 }, () => sealSecret(key, place, TEXT).sealed);
  for (const [from, to] of [
    [1, 13],
    [29, undefined],
  ])
    expect(new Set(boxes.map((sealed) => sealed.subarray(from, to).toString('hex'))).size).toBe(100);
});

test('what a former version has sealed is opened', () => {
  const former = parseKey('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f')!;
  const sealed = Buffer.from('AYl1KbAOYnLYQrC3Ie+bcuHKAY3cRgqQy064uEINr+g0OYEz', 'base64');
  const where = { agentId: '0198c0de-0000-7000-8000-000000000001', field: 'password' };
  expect(openSecret(former, where, { keyId: '32bdd8b9dd33e6e3', sealed })).toBe('hunter2');
});

describe('is not opened, and the error tells which it is and nothing of what is in it:', () => {
  const changed = 'it was changed, or was sealed for another agent or field';
  const unknown = 'it is not in a format that this version knows';
  const otherwise = `it was sealed with the key ${otherKey.id}, and the key of this server is ${key.id}`;
  test.each<[string, string, Partial<typeof place>, Partial<SealedSecret>]>([
    ['a secret of another agent', changed, { agentId: '0198c0de-0000-7000-8000-00000000000b' }, {}],
    ['a secret of another field', changed, { field: 'tlsKey' }, {}],
    ['a secret of a field of which the name goes on', changed, { field: 'password2' }, {}],
    ['what another key has sealed', otherwise, {}, sealSecret(otherKey, place, TEXT)],
    [
      'what another key has sealed, with the id of this one',
      changed,
      {},
      { sealed: sealSecret(otherKey, place, TEXT).sealed },
    ],
    ['nothing', unknown, {}, { sealed: Buffer.alloc(0) }],
    ['less than nonce and tag', unknown, {}, { sealed: box.sealed.subarray(0, 28) }],
    ['a cut secret', changed, {}, { sealed: box.sealed.subarray(0, -1) }],
    ['a secret that was cut to nothing', changed, {}, { sealed: box.sealed.subarray(0, 29) }],
    ['a longer secret', changed, {}, { sealed: Buffer.concat([box.sealed, Buffer.of(0)]) }],
    ['a later version', unknown, {}, { sealed: Buffer.concat([Buffer.of(2), box.sealed.subarray(1)]) }],
  ])('%s', (_, reason, elsewhere, other) => {
    const where = { ...place, ...elsewhere };
    const message = `The secret ${where.field} of agent ${where.agentId} cannot be opened: ${reason}. Set it anew.`;
    const opening = () => openSecret(key, where, { ...box, ...other });
    expect(opening).toThrow(UnopenableSecret);
    expect(opening).toThrow(new Error(message));
  });

  test('a secret of which any one bit was changed: version, nonce, tag or text', () => {
    const bits = Array.from({ length: box.sealed.length * 8 }, (_, bit) => bit);
    const outcomes = bits.map((bit) => {
      const sealed = Buffer.from(box.sealed);
      sealed[bit >> 3]! ^= 1 << (bit & 7);
      return outcomeOf({ ...box, sealed });
    });
    expect(new Set(outcomes)).toEqual(new Set(['UnopenableSecret']));
    expect(outcomeOf(box)).toBe(TEXT);
  });
});

/** The text, or the class of the error. */
function outcomeOf(given: SealedSecret): string {
  try {
    return openSecret(key, place, given);
  } catch (error) {
    return (error as Error).constructor.name;
  }
}
