import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether an IP address is of this machine only; IPv4 in IPv6 dress counts as IPv4. */
export function isLoopbackAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && LOOPBACK.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Whether a URL leads to this machine, as far as its host tells. */
export function isLoopbackUrl(url: string): boolean {
  const { hostname } = new URL(url);
  const isName = hostname === 'localhost' || hostname.endsWith('.localhost');
  return isName || isLoopbackAddress(hostname.replace(/^\[|\]$/g, ''));
}

/** Whether what is sent to a URL crosses a network that anybody on the way can read. */
export function isInTheClear(url: string): boolean {
  return new URL(url).protocol === 'http:' && !isLoopbackUrl(url);
}
