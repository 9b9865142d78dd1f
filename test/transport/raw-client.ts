import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A client that speaks, or is silent, as it likes. */
export interface RawClient {
  socket: Socket;
  /** All that it was answered so far. */
  received: () => string;
  /** When the connection has ended: after how many milliseconds. */
  ended: Promise<number>;
}

/** Connects to the server of a URL, from an address of this machine; with TLS unless it is a client that does not get so far. */
export function rawClient(url: string, { from = '127.0.0.1', port: localPort = 0, handshake = true } = {}): RawClient {
  const { protocol, hostname, port } = new URL(url);
  const place = { host: hostname, port: Number(port), localAddress: from, localPort };
  const began = performance.now();
  const socket =
    protocol === 'https:' && handshake ? connectTls({ ...place, rejectUnauthorized: false }) : connect(place);
  let received = '';
  socket.on('data', (chunk) => (received += chunk.toString('latin1')));
  // Being cut off is what many of these clients are for.
  socket.on('error', () => undefined);
  const ended = new Promise<number>((resolve) => {
    socket.once('close', () => resolve(performance.now() - began));
    // The server may close its half alone.
    socket.once('end', () => socket.destroy());
  });
  return { socket, received: () => received, ended };
}

/** Has the client send a text a byte at a time, for as long as it is connected. */
export function trickle({ socket }: RawClient, text: string, everyMs: number): void {
  let sent = 0;
  const timer = setInterval(() => socket.write(text[sent++ % text.length]!), everyMs);
  socket.once('close', () => clearInterval(timer));
}
