import type { FastifyRequest } from 'fastify';
import { isIPv6, isIP, SocketAddress } from 'node:net';

/** Told when a connection is gone before anybody asked where it came from. */
const NOWHERE = '::';
/** A /64 is what one subscriber has at least: whoever has one address of it has all. */
const PREFIX_GROUPS = 4;
const GROUPS = 8;

/**
 * The address that a call came from, in its one spelling. `ips`, which there is with trusted proxies, begins with the connection's own; each
 * further one is what the one before it says, the last what no trusted proxy vouches for. What is said there and is no address does
 * not count: then it is the proxy that said so.
 */
export function callerAddress({ ip, ips = [ip] }: Pick<FastifyRequest, 'ip' | 'ips'>): string {
  return canonical(ips.findLast((said) => isIP(said) !== 0) ?? NOWHERE);
}

/** What budgets and counted refusals go by: an IPv4 address, or the /64 of an IPv6 address, such as `2001:db8::/64`. */
export function limitKey(address: string): string {
  const spelling = canonical(address);
  if (!isIPv6(spelling)) return spelling;
  const [head, tail] = spelling.split('::') as [string, string?];
  const [before, after] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: Math.max(0, GROUPS - before.length - after.length) }, () => '0');
  const prefix = [...before, ...zeros, ...after].slice(0, PREFIX_GROUPS);
  return `${canonical(`${prefix.join(':')}::`)}/64`;
}

/** Lower case, zeros left out, without a zone; IPv4 where it was one in the clothes of IPv6. */
function canonical(address: string): string {
  if (!isIPv6(address)) return address;
  return new SocketAddress({ address, family: 'ipv6' }).address.replace(/^::ffff:(?=\d+\.)/, '');
}

function groups(part = ''): string[] {
  return part === '' ? [] : part.split(':');
}
