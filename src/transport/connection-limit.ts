import type { FastifyBaseLogger } from 'fastify';
import type { Server, Socket } from 'node:net';
import { limitKey } from '../rate-limit/address';
import { addressList } from './network';

const TELL_EVERY_MS = 60_000;

export interface ConnectionLimit {
  /** How many connections one network may have open. */
  most: number;
  /** Addresses and networks that may have any number. */
  exempt: string[];
}

/** Closes connections beyond the limit at once, before anything is read of them. */
export function limitConnections(
  server: Server,
  { most, exempt }: ConnectionLimit,
  log: Pick<FastifyBaseLogger, 'warn'>,
): void {
  const exempted = addressList(exempt);
  const open = new Map<string, number>();
  let toldAt = -Infinity;

  // First of all who hear of a connection: the others then find it closed.
  server.prependListener('connection', (socket: Socket) => {
    // There is no address when the other end is gone already.
    if (socket.remoteAddress === undefined || exempted.has(socket.remoteAddress)) return;
    const network = limitKey(socket.remoteAddress);
    const count = open.get(network) ?? 0;
    if (count >= most) {
      tell(network);
      socket.destroy();
      return;
    }
    open.set(network, count + 1);
    socket.once('close', () => release(network));
  });

  function release(network: string): void {
    const count = open.get(network) ?? 0;
    if (count > 1) open.set(network, count - 1);
    else open.delete(network);
  }

  /** Once a minute at most: whoever opens too many would fill the log as well. */
  function tell(network: string): void {
    if (performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    log.warn({ address: network }, `connections beyond limits.connections_per_address (${most}) are closed`);
  }
}
