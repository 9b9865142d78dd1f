import type { FastifyInstance } from 'fastify';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

/**
 * On most machines `localhost` is 127.0.0.1 and ::1, and a server listens on the one that is found first. Has it take connections to the
 * other as well; an address that cannot be had is passed over. To be called before the server listens: gives what to call then.
 */
export function allOfLocalhost(app: FastifyInstance): { listen: () => Promise<void> } {
  const others: Server[] = [];
  const closing: Promise<unknown>[] = [];
  // As the server itself: nothing new is taken, and it is closed once all that was taken is answered.
  app.addHook('preClose', async () => void closing.push(...others.map(closed)));
  app.addHook('onClose', async () => void (await Promise.all(closing)));
  return {
    async listen() {
      const { address: taken, port } = app.server.address() as AddressInfo;
      const addresses = await lookup('localhost', { all: true });
      for (const { address } of addresses.filter((found) => found.address !== taken)) {
        const other = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
          app.server.emit('connection', socket),
        );
        other.listen(port, address);
        const listens = await once(other, 'listening').then(
          () => true,
          () => false,
        );
        if (listens) others.push(other);
      }
    },
  };
}

function closed(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve));
}
