import type { FastifyBaseLogger } from 'fastify';
import type { Server, Socket } from 'node:net';
import { limitKey } from '../rate-limit/address';
import { addressList } from './network';

const TELL_EVERY_MS = 60_000;
/** One secret may be shown over that part of a network's connections; what is more gives way to others. */
const LARGEST_SHARE = 0.1;

export interface ConnectionLimit {
  /** How many connections one network may have open. */
  most: number;
  /** Addresses and networks that may have any number. */
  exempt: string[];
}

interface Connection {
  /** Its ports and addresses. */
  name: string;
  socket: Socket;
  /** What requests come over: the connection itself, or TLS on it. */
  requestsOver: Socket;
}

/** By name, the oldest first. */
type Connections = Map<string, Connection>;

/** The ids of the keys and tokens that were shown over connections. */
const vouchers = new WeakMap<Socket, string>();

/** A right secret was shown over the connection; null: a wrong one. */
export function vouchFor(socket: Socket, id: string | null): void {
  if (id === null) vouchers.delete(socket);
  else vouchers.set(socket, id);
}

/**
 * Closes, of a network with more connections than the limit, the oldest over which no right key or token was shown: whoever opens many loses own
 * ones, and shuts out nobody behind the same address. When there is none, the oldest with a secret that has more than its share; else
 * the newest, before anything is read of it.
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
    const connections: Connections = networks.get(network) ?? new Map();
    networks.set(network, connections);
    const newest = { name, socket, requestsOver: socket };
    // Of the same name is one that was reset, and whose end is told later.
    connections.delete(name);
    connections.set(name, newest);
    socket.once('close', () => {
      if (connections.get(name) === newest) connections.delete(name);
      if (connections.size === 0 && networks.get(network) === connections) networks.delete(network);
    });
    if (connections.size <= most) return;
    tell(network);
    const closed = oneTooMany(connections, newest, most);
    // At once: until its end is told it would count.
    connections.delete(closed.name);
    closed.socket.destroy();
  });

  server.on('secureConnection', (socket: Socket) => {
    const connection = networks.get(limitKey(socket.remoteAddress ?? ''))?.get(nameOf(socket));
    if (connection) connection.requestsOver = socket;
  });

  /** Once a minute at most: whoever opens too many would fill the log as well. */
  function tell(network: string): void {
    if (performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    log.warn(
      { address: network },
      `there are more connections than limits.connections_per_address (${most}): some are closed`,
    );
  }
}

function oneTooMany(connections: Connections, newest: Connection, most: number): Connection {
  const bySecret = new Map<string, Connection[]>();
  for (const connection of connections.values()) {
    if (connection === newest) continue;
    const secret = vouchers.get(connection.requestsOver);
    if (secret === undefined) return connection;
    const alike = bySecret.get(secret);
    if (alike) alike.push(connection);
    else bySecret.set(secret, [connection]);
  }
  const [largest = []] = [...bySecret.values()].toSorted((one, other) => other.length - one.length);
  return largest.length > Math.max(1, most * LARGEST_SHARE) ? largest[0]! : newest;
}

function nameOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
