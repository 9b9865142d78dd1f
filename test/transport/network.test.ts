import { addressList } from '../../src/transport/network';

test.each([
  ['10.1.2.3', true],
  ['::ffff:10.1.2.3', true],
  ['11.1.2.3', false],
  ['192.0.2.7', true],
  ['192.0.2.8', false],
  ['2001:db8::5', true],
  ['2001:db9::5', false],
])('of a list of networks and addresses, %s is in it: %s', (address, isIn) => {
  expect(addressList(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32']).has(address)).toBe(isIn);
});
