import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Role } from '../access/role';
import type { Context } from '../context';
import { createLine } from '../line';
import { discoverTargets } from '../prometheus/discover-targets';
import { targetFilter, type QueryParameters } from '../prometheus/target-filter';
import { contextOfAllowed } from './allowed';

/** An answer is in memory whole until it is taken, so that its digest can go before it: there are so many at most. */
const MOST_ANSWERS = 4;

/**
 * GET /api/v1/prometheus/sd: where Prometheus finds the agents that listen, in its format of HTTP service discovery. Needs VIEWER. Never
 * compressed: Prometheus does not ask for that, and would not read it.
 */
export function prometheusDiscoveryRoute(
  app: FastifyInstance,
  contextOf: (request: FastifyRequest) => Promise<Context>,
): void {
  const inLine = createLine(MOST_ANSWERS);
  app.get('/api/v1/prometheus/sd', { config: { takesBareKey: true } }, async (request, reply) => {
    const closed = new Promise<void>((resolve) => reply.raw.once('close', resolve));
    const context = await contextOfAllowed(Role.VIEWER, contextOf, request);
    const filter = targetFilter(request.query as QueryParameters);
    await inLine(async () => {
      const { json, digest } = await discoverTargets(context, filter);
      // Whoever waited too long was told so, or is gone.
      if (reply.sent || reply.raw.closed) return;
      sendTagged(request, reply, json, `"${digest}"`);
      await closed;
    });
    return reply;
  });
}

function sendTagged({ headers }: FastifyRequest, reply: FastifyReply, json: Buffer, tag: string): void {
  reply.header('etag', tag).header('cache-control', 'private, no-cache');
  if (holdsTag(headers['if-none-match'], tag)) reply.code(304).send();
  // As bytes: of a text fastify would name the character set.
  else reply.header('content-type', 'application/json').send(json);
}

/** Whether If-None-Match has the tag, or takes any (RFC 9110, 13.1.2). */
function holdsTag(given: string | undefined, tag: string): boolean {
  return given?.trim() === '*' || (given?.split(',').some((one) => one.trim().replace(/^W\//, '') === tag) ?? false);
}
