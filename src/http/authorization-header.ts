import type { FastifyRequest } from 'fastify';
import { Unauthenticated } from '../errors';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The key may also stand alone, as Prometheus sends `credentials` without a `type`. */
    takesBareKey?: true;
  }
}

/** The one Authorization header of a request. Throws when there are several: Node itself would take the first and drop the rest. */
export function authorizationHeader({ raw, routeOptions }: FastifyRequest): string | undefined {
  const [given, ...others] = raw.headersDistinct['authorization'] ?? [];
  if (others.length > 0) throw new Unauthenticated('There are several Authorization headers. Give one.');
  const isBare = routeOptions.config.takesBareKey && given !== undefined && !given.includes(' ');
  return isBare ? `Bearer ${given}` : given;
}
