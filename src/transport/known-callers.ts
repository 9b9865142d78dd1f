import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { callerAddress, limitKey } from '../rate-limit/address';

/** A request that waits for its turn. */
interface Waiting {
  socket: Socket;
  begin: () => void;
}

/** How long one who is not known waits at most for those who are being served, before one of the line is. */
const PATIENCE_MS = 5;

/**
 * Serves at once who has shown a good key to this server before. The others wait in line, from each address in turn, until no known caller is
 * being served: one each time that the event loop comes round, or every 5 ms when there always is one. So of a thousand guesses that arrive
 * together each leaves room for the agents' syncs between it and the next. It decides who goes first, and nothing about who may do what.
 */
export function knownFirst(app: FastifyInstance, isKnown: (request: FastifyRequest) => boolean): void {
  const lines = new Map<string, Waiting[]>();
  let known = 0;
  let isServing = false;
  let patience: NodeJS.Timeout | null = null;

  app.addHook('onRequest', (request, reply, done) => {
    if (isKnown(request)) {
      known++;
      reply.raw.once('close', knownServed);
      return done();
    }
    if (!isServing) return serve(done);
    const address = limitKey(callerAddress(request));
    const line = lines.get(address) ?? [];
    lines.set(address, line);
    line.push({ socket: request.raw.socket, begin: done });
  });

  function serve(begin: () => void): void {
    isServing = true;
    if (known === 0) setImmediate(serveNext);
    else patience = setTimeout(serveNext, PATIENCE_MS);
    begin();
  }

  function serveNext(): void {
    patience = null;
    const next = nextInLine();
    if (next) serve(next.begin);
    else isServing = false;
  }

  function knownServed(): void {
    known--;
    if (known > 0 || patience === null) return;
    clearTimeout(patience);
    patience = null;
    setImmediate(serveNext);
  }

  /** Who went away is left out: there is nobody to answer. */
  function nextInLine(): Waiting | null {
    for (const [address, line] of lines) {
      const next = line.shift()!;
      lines.delete(address);
      if (line.length > 0) lines.set(address, line);
      if (!next.socket.destroyed) return next;
    }
    return null;
  }
}
