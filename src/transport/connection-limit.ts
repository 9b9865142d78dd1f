import type { FastifyBaseLogger } from 'fastify';
import type { Server, Socket } from 'node:net';
import { limitKey } from '../rate-limit/address';
import { isKnownConnection } from './known-callers';
import { addressList } from './network';

const TELL_EVERY_MS = 60_000;

export interface ConnectionLimit {
  /** How many connections one network may have open. */
  most: number;
  /** Addresses and networks that may have any number. */
  exempt: string[];
}

/** The connections of a network by their ports and addresses, the oldest first. What requests come over is the connection itself, or TLS on it. */
type Connections = Map<string, { socket: Socket; requestsOver: Socket }>;

/**
 * Closes, of a network with more connections than the limit, the oldest over which no good key was shown: whoever opens many loses own ones,
 * and shuts out nobody behind the same address. When a good key was shown over all of them, the newest is closed, before anything is read of it.
 */
export function limitConnections(
  server: Server,
  { most, exempt }: ConnectionLimit,
  log: Pick<FastifyBaseLogger, 'warn'>,
): void {
  const exempted = addressList(exempt);
  const networks = new Map<string, Connections>();
  let toldAt = -Infinity;

  // First of all who hear of a connection: the others then find it closed.
  server.prependListener('connection', (socket: Socket) => {
    // There is no address when the other end is gone already.
    if (socket.remoteAddress === undefined || exempted.has(socket.remoteAddress)) return;
    const [network, name] = [limitKey(socket.remoteAddress), nameOf(socket)];
    const connections = networks.get(network) ?? new Map();
    networks.set(network, connections.set(name, { socket, requestsOver: socket }));
    socket.once('close', () => {
      connections.delete(name);
      if (connections.size === 0 && networks.get(network) === connections) networks.delete(network);
    });
    if (connections.size > most) {
      tell(network);
      close(connections, name);
    }
  });

  server.on('secureConnection', (socket: Socket) => {
    const connection = networks.get(limitKey(socket.remoteAddress ?? ''))?.get(nameOf(socket));
    if (connection) connection.requestsOver = socket;
  });

  function close(connections: Connections, newest: string): void {
    const unknown = [...connections].find(([, { requestsOver }]) => !isKnownConnection(requestsOver));
    const [name, { socket }] = unknown ?? [newest, connections.get(newest)!];
    // At once: until its end is told it would count.
    connections.delete(name);
    socket.destroy();
  }

  /** Once a minute at most: whoever opens too many would fill the log as well. */
  function tell(network: string): void {
    if (performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    log.warn(
      { address: network },
      `of connections beyond limits.connections_per_address (${most}) the oldest without a good key are closed`,
    );
  }
}

function nameOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
