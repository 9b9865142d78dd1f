import { isIPv6, SocketAddress } from 'node:net';

/** An address in the one spelling that it is counted and told by: IPv6 in lower case and shortened, IPv4 in IPv6 dress as IPv4. */
export function canonicalAddress(address: string): string {
  if (!isIPv6(address) || address.includes('%')) return address;
  return new SocketAddress({ address, family: 'ipv6' }).address.replace(/^::ffff:(?=\d+\.)/, '');
}
