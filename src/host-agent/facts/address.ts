import { connect } from 'node:net';
import { isLoopbackAddress } from '../../loopback';

const DEADLINE = 3_000;

/**
 * The address of this machine on the way to the server; absent when the server is not reached or is on this very machine: then it takes the
 * one that the call comes from.
 */
export function addressTowards(apiUrl: string): Promise<string | undefined> {
  const { protocol, hostname, port } = new URL(apiUrl);
  return new Promise((resolve) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const socket = connect({ host, port: Number(port || (protocol === 'https:' ? 443 : 80)) });
    socket.setTimeout(DEADLINE, () => socket.destroy());
    socket.on('connect', () => {
      resolve(outwardAddress(socket.localAddress));
      socket.destroy();
    });
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(undefined));
  });
}

/** The address without IPv6 dress and zone; none for loopback. */
export function outwardAddress(address: string | undefined): string | undefined {
  const plain = address?.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
  return plain === undefined || isLoopbackAddress(plain) ? undefined : plain;
}
