import { callerAddress, limitKey } from '../../src/rate-limit/address';

/** What is made of the connection’s address and of what is said behind it. */
const told = (...ips: string[]) => callerAddress({ ip: ips.at(-1)!, ips });

describe('what an address is counted by', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
    ['0000:0000:0000:0000:0000:FFFF:CB00:7107', '203.0.113.7'],
  ])('%s is IPv4 as it is: %s', (address, key) => {
    expect(limitKey(address)).toBe(key);
  });

  test.each([
    ['2001:db8::', '2001:db8::/64'],
    ['2001:db8::1', '2001:db8::/64'],
    ['2001:DB8:0:0:ffff:ffff:ffff:ffff', '2001:db8::/64'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::/64'],
    ['2001:db8:0:0::192.0.2.1', '2001:db8::/64'],
    ['2001:db8:0:1::', '2001:db8:0:1::/64'],
    ['2001:db8::1:0:0:1', '2001:db8::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:0:0:1::5', '2001:0:0:1::/64'],
    ['::1:2:3:4:5', '0:0:0:1::/64'],
    ['::2:3:4:5:6:7:8', '0:2:3:4::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b::/64'],
    ['::ffff:0:192.0.2.1', '::/64'],
    ['::192.0.2.1', '::/64'],
    ['::1', '::/64'],
    ['::', '::/64'],
    ['fe80::1', 'fe80::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
  ])('%s is by its /64: %s', (address, key) => {
    expect(limitKey(address)).toBe(key);
  });

  test('is one for a whole /64, and another for the next', () => {
    const hosts = Array.from({ length: 1000 }, () => Math.floor(Math.random() * 0xffff).toString(16));
    expect(new Set(hosts.map((host) => limitKey(`2001:db8:1:2:${host}:0:${host}:1`)))).toEqual(
      new Set(['2001:db8:1:2::/64']),
    );
    expect(new Set(Array.from({ length: 1000 }, (_, net) => limitKey(`2001:db8:1:${net.toString(16)}::1`))).size).toBe(
      1000,
    );
  });
});

describe('the address of a caller', () => {
  test('is that of the connection where nobody is trusted', () => {
    expect(callerAddress({ ip: '203.0.113.7' })).toBe('203.0.113.7');
    expect(callerAddress({ ip: '::ffff:203.0.113.7' })).toBe('203.0.113.7');
    expect(callerAddress({ ip: '2001:DB8:0::1' })).toBe('2001:db8::1');
  });

  test('is the furthest that a trusted proxy tells', () => {
    expect(told('127.0.0.1', '10.0.0.1', '203.0.113.7')).toBe('203.0.113.7');
    expect(told('127.0.0.1', '::FFFF:cb00:7107')).toBe('203.0.113.7');
  });

  test.each([
    'unknown',
    '',
    '_hidden',
    '203.0.113.7:4711',
    '[2001:db8::1]',
    '[2001:db8::1]:443',
    '010.0.0.1',
    '0xcb007107',
    '3405803783',
    '1.2.3',
    '2001:db8::1::2',
    "'; DROP TABLE node; --",
    'x'.repeat(10_000),
  ])('is that of the proxy itself when it tells %j, which is no address', (garbage) => {
    expect(told('127.0.0.1', '10.0.0.1', garbage)).toBe('10.0.0.1');
    expect(told(garbage)).toBe('::');
  });

  test('of a connection that is gone already is told as none', () => {
    expect(callerAddress({ ip: undefined as unknown as string })).toBe('::');
  });
});
