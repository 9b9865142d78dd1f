import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

/**
 * On most machines `localhost` is 127.0.0.1 and ::1, and a server listens on the one that is found first. Has it take connections to the
 * other as well; an address that cannot be had is passed over.
 */
export async function listenOnAllOfLocalhost(server: Server): Promise<void> {
  const { address: taken, port } = server.address() as AddressInfo;
  const addresses = await lookup('localhost', { all: true });
  for (const { address } of addresses.filter((found) => found.address !== taken)) {
    const beside = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit('connection', socket));
    beside.listen(port, address);
    await once(beside, 'listening').catch(() => undefined);
    server.once('close', () => beside.close());
  }
}
