import * as kinds from './kinds';
import { setting } from './setting';

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** The settings of connections: who may have how many, how long they may take, and how they are encrypted. */
export const transportSettings = {
  connectionsPerAddress: setting<number>('limits.connections_per_address', {
    ...kinds.integer(1, 1_000_000),
    default: () => 1_000,
    description:
      'How many connections one address (of IPv6: one /64) may have open; one more is closed at once. Trusted proxies may have any number.',
  }),
  tlsCert: setting<string | null>('tls.cert', {
    ...kinds.filePath(),
    default: () => null,
    defaultText: 'none: plain HTTP',
    description:
      'The PEM file of the server’s certificate, followed by those of the CAs above it; read again when it changes. With `tls.key` the server speaks HTTPS.',
  }),
  tlsKey: setting<string | null>('tls.key', {
    ...kinds.filePath(),
    default: () => null,
    defaultText: 'none: plain HTTP',
    description: 'The PEM file of the private key of `tls.cert`, without a passphrase.',
  }),
  tlsMinVersion: setting<TlsVersion>('tls.min_version', {
    ...kinds.choice('TLSv1.2', 'TLSv1.3'),
    default: () => 'TLSv1.2',
    description: 'The oldest version of TLS that is spoken.',
  }),
  corsOrigins: setting<string[]>('cors.origins', {
    ...kinds.origins(),
    default: () => [],
    defaultText: 'none',
    description: 'The sites whose scripts a browser lets read the answers of this server.',
  }),
  headersTimeout: setting<number>('timeouts.headers', {
    ...kinds.duration('1s', '5m'),
    default: () => 10,
    description: 'How long a client may take for its TLS handshake, and how long for the headers of a request.',
  }),
  bodyTimeout: setting<number>('timeouts.body', {
    ...kinds.duration('1s', '10m'),
    default: () => 30,
    description: 'How long a client may take to send a whole request.',
  }),
  requestTimeout: setting<number>('timeouts.request', {
    ...kinds.duration('1s', '10m'),
    default: () => 60,
    description: 'How long it may take from the headers of a request until its answer was taken.',
  }),
  idleTimeout: setting<number>('timeouts.idle', {
    ...kinds.duration('1s', '1h'),
    default: () => 75,
    description:
      'How long a connection is kept open for the next request; longer than a proxy in front of the server keeps it.',
  }),
};
