import { warnOfClearText } from '../../src/transport/warnings';

const TLS = { certFile: '/cert.pem', keyFile: '/key.pem', minVersion: 'TLSv1.2' } as const;
const PLAIN = { tls: null, trustedProxies: [] };

test.each([
  ['all of IPv4', '0.0.0.0', PLAIN, true],
  ['all addresses', '::', PLAIN, true],
  ['one of a network', '192.0.2.1', PLAIN, true],
  ['loopback', '127.0.0.1', PLAIN, false],
  ['another of loopback', '127.8.8.8', PLAIN, false],
  ['loopback of IPv6', '::1', PLAIN, false],
  ['all addresses, with TLS', '::', { ...PLAIN, tls: TLS }, false],
  ['all addresses, behind a proxy', '::', { ...PLAIN, trustedProxies: ['10.0.0.1'] }, false],
])('keys in clear text are warned of when the server listens on %s (%s): %j, %s', (_, address, config, isWarned) => {
  const told: unknown[] = [];
  warnOfClearText(config, address, { warn: (text: unknown) => void told.push(text) });
  expect(told).toHaveLength(isWarned ? 1 : 0);
});
