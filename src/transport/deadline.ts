import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../errors';

const RETRY_AFTER_SECONDS = 5;

/** The answer took longer than it may. What was begun for it may have been done. */
class Overdue extends DomainError {
  constructor(seconds: number) {
    super(
      'UNAVAILABLE',
      `There was no answer within ${seconds} s (timeouts.request). A change may have been made all the same: look before you try again.`,
      { retryAfterSeconds: RETRY_AFTER_SECONDS },
    );
  }
}

const deadlines = new WeakMap<FastifyRequest, AbortController>();

/** Aborted once the answer to a request is overdue, with the error that its caller was told. */
export function overdueSignal(request: FastifyRequest): AbortSignal {
  return deadlines.get(request)!.signal;
}

/**
 * Ends requests that take too long: with an error while there is no answer, by cutting the connection when a client does not take it. fastify's own
 * handlerTimeout (5.12) is over as soon as a body was read, and does not see who reads slowly.
 */
export function limitAnswers(app: FastifyInstance, seconds: number): void {
  app.addHook('onRequest', async (request, reply) => {
    const deadline = new AbortController();
    deadlines.set(request, deadline);
    const timer = setTimeout(() => end(reply, deadline), seconds * 1000);
    reply.raw.once('close', () => clearTimeout(timer));
  });

  function end(reply: FastifyReply, deadline: AbortController): void {
    const overdue = new Overdue(seconds);
    deadline.abort(overdue);
    if (reply.raw.headersSent) reply.raw.destroy();
    else {
      reply.send(overdue);
      // What the route gives later fastify would log as a fault, with the URL.
      reply.hijack();
    }
  }
}
