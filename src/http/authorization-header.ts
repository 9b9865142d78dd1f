import type { FastifyRequest } from 'fastify';
import { Unauthenticated } from '../errors';

/** The one Authorization header of a request. Throws when there are several: Node itself would take the first and drop the rest. */
export function authorizationHeader({ raw }: FastifyRequest): string | undefined {
  const given = raw.headersDistinct['authorization'] ?? [];
  if (given.length > 1) throw new Unauthenticated('There are several Authorization headers. Give one.');
  return given[0];
}
