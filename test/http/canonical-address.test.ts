import { canonicalAddress } from '../../src/http/canonical-address';

test.each([
  ['203.0.113.1', '203.0.113.1'],
  ['::ffff:203.0.113.1', '203.0.113.1'],
  ['::FFFF:203.0.113.1', '203.0.113.1'],
  ['::ffff:cb00:7101', '203.0.113.1'],
  ['0:0:0:0:0:ffff:203.0.113.1', '203.0.113.1'],
  ['2001:db8::1', '2001:db8::1'],
  ['2001:DB8::1', '2001:db8::1'],
  ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
  ['::1', '::1'],
  ['fe80::1%no-such-link', 'fe80::1%no-such-link'],
  ['unknown', 'unknown'],
])('the address %s is told and counted as %s', (given, canonical) => {
  expect(canonicalAddress(given)).toBe(canonical);
});
