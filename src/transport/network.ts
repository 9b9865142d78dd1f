import { BlockList, isIP, isIPv4 } from 'node:net';

/** The addresses of a list of addresses and networks, as the setting trusted_proxies has them. */
export function addressList(networks: string[]): { has: (address: string) => boolean } {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return { has: (address) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4') };
}
