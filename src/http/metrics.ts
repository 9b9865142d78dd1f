import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Role } from '../access/role';
import type { Context } from '../context';
import type { Metrics } from '../metrics/metrics';
import { contextOfAllowed } from './allowed';

/** GET /metrics: what this server measures of itself, for Prometheus. Needs VIEWER unless `metrics.public` opens it. */
export function metricsRoute(
  app: FastifyInstance,
  contextOf: (request: FastifyRequest) => Promise<Context>,
  { metrics, isPublic }: { metrics: Metrics; isPublic: boolean },
): void {
  app.get('/metrics', async (request, reply) => {
    const context = await contextOfAllowed(isPublic ? 'PUBLIC' : Role.VIEWER, contextOf, request);
    if (!context.caller) await context.limits.anonymous(context);
    reply.header('content-type', metrics.contentType).header('cache-control', 'no-store');
    return metrics.read(context);
  });
}
