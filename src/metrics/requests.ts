import type { FastifyInstance } from 'fastify';
import type { Instruments } from './instruments';

/** Those that routes have; Node knows some thirty more, which are told as one. */
const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS'];

/** Times every request, by the route as it is written here: what was asked for at no route is one. */
export function timeRequests(app: FastifyInstance, { requestSeconds }: Pick<Instruments, 'requestSeconds'>): void {
  app.addHook('onResponse', async ({ method, routeOptions: { url } }, reply) => {
    const labels = {
      method: METHODS.includes(method) ? method : 'OTHER',
      route: url ?? 'none',
      status: String(reply.statusCode),
    };
    requestSeconds.observe(labels, reply.elapsedTime / 1000);
  });
}
