import type { FastifyBaseLogger } from 'fastify';
import type { Config } from '../config';
import { isLoopbackAddress } from '../loopback';

/** Warns when keys and tokens cross a network that anybody on the way can read: no TLS here, and no proxy that would have it. */
export function warnOfClearText(
  { tls, trustedProxies }: Pick<Config, 'tls' | 'trustedProxies'>,
  address: string,
  log: Pick<FastifyBaseLogger, 'warn'>,
): void {
  if (tls !== null || trustedProxies.length > 0 || isLoopbackAddress(address)) return;
  log.warn(
    'keys and tokens come over plain HTTP, where others on the way can read them: set tls.cert and tls.key, or name the proxy that has TLS in trusted_proxies',
  );
}
