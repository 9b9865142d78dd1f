import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';

/** How many Authorization headers are remembered, in two generations: a fleet's. */
const MOST_KNOWN = 200_000;

/** Connections over which a good key was shown. */
const knownConnections = new WeakSet<Socket>();

/** Whether a good key was shown over this connection. */
export function isKnownConnection(socket: Socket): boolean {
  return knownConnections.has(socket);
}

/** Who has shown a good key to this server. It decides who goes first, and nothing about who may do what. */
export interface KnownCallers {
  /** Remembers the caller and the connection of a request whose key was good. */
  greet(request: FastifyRequest): void;
  /** Forgets a caller whose key is good no more. */
  forget(request: FastifyRequest): void;
}

/**
 * Serves known callers at once, and of the others one each time that the event loop comes round: of a thousand guesses that arrive together
 * each leaves room for the agents' syncs between it and the next.
 */
export function knownFirst(app: FastifyInstance, mostKnown = MOST_KNOWN): KnownCallers {
  let current = new Set<string>();
  let former = new Set<string>();
  const waiting: (() => void)[] = [];
  let isServing = false;

  app.addHook('onRequest', (request, _, done) => {
    const header = request.headers.authorization;
    if (header !== undefined && isKnown(digest(header))) done();
    else if (isServing) waiting.push(done);
    else serve(done);
  });

  function serve(done: () => void): void {
    isServing = true;
    setImmediate(() => {
      const next = waiting.shift();
      if (next) serve(next);
      else isServing = false;
    });
    done();
  }

  function isKnown(caller: string): boolean {
    return current.has(caller) || former.has(caller);
  }

  return {
    greet({ headers: { authorization }, raw: { socket } }) {
      knownConnections.add(socket);
      if (authorization === undefined) return;
      if (current.size >= mostKnown / 2) {
        former = current;
        current = new Set();
      }
      current.add(digest(authorization));
    },
    forget({ headers: { authorization = '' } }) {
      for (const generation of [current, former]) generation.delete(digest(authorization));
    },
  };
}

/** What is remembered in place of a key. */
function digest(header: string): string {
  return createHash('sha256').update(header).digest('base64');
}
