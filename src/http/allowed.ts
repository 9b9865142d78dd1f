import type { FastifyRequest } from 'fastify';
import { authorize, noteForbidden, type Access } from '../access/authorization';
import type { Context } from '../context';
import { Forbidden } from '../errors';

/** The context of a request whose caller may what this access allows; by the same rules as a field of GraphQL. */
export async function contextOfAllowed(
  access: Access,
  contextOf: (request: FastifyRequest) => Promise<Context>,
  request: FastifyRequest,
): Promise<Context> {
  const context = await contextOf(request);
  try {
    authorize(access, context.caller);
  } catch (error) {
    if (error instanceof Forbidden) noteForbidden(context);
    throw error;
  }
  return context;
}
