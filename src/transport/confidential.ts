import type { FastifyRequest } from 'fastify';
import { isLoopbackAddress } from '../loopback';

/** What a proxy adds to a request that it passes on. */
const BY_A_PROXY = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];

/**
 * Whether nobody on the way can read the answer. Without a proxy: TLS, or a caller on this machine. Behind one: it must be trusted, and every
 * part of the way https by its word; that the proxy itself is on this machine says nothing of who calls.
 */
export function isConfidential({ headers, protocol, raw }: FastifyRequest): boolean {
  if (!BY_A_PROXY.some((name) => name in headers))
    return protocol === 'https' || isLoopbackAddress(raw.socket.remoteAddress ?? '');
  const said = [headers['x-forwarded-proto'] ?? []].flat().flatMap((protocols) => protocols.split(','));
  return protocol === 'https' && said.every((each) => each.trim().toLowerCase() === 'https');
}
