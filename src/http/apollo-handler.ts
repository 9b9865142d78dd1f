import { HeaderMap, type ApolloServer, type BaseContext } from '@apollo/server';
import type { FastifyRequest, RouteHandlerMethod } from 'fastify';
import Negotiator from 'negotiator';
import { DomainError } from '../errors';
import { searchOf } from './graphql-request';

/** What Apollo answers with. */
const MEDIA_TYPES = ['application/json; charset=utf-8', 'application/graphql-response+json; charset=utf-8'];
const LONGEST_ACCEPT = 1_000;

/**
 * Answers GraphQL over HTTP with Apollo, which must have started. Nothing of the request is put together anew on the way: a
 * Host header that is no host would make that fail.
 */
export function apolloHandler<Context extends BaseContext>(
  apollo: ApolloServer<Context>,
  contextOf: (request: FastifyRequest) => Promise<Context>,
): RouteHandlerMethod {
  return async (request, reply) => {
    refuseUnacceptable(request);
    const { method, body } = request;
    const answer = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method, headers: headersOf(request), search: searchOf(request), body },
      context: () => contextOf(request),
    });
    // Whoever waited too long was told so, or is gone.
    if (reply.sent) return reply;
    for (const [name, value] of answer.headers) reply.header(name, value);
    // Only @defer and @stream, which the schema does not know, make an answer of several parts.
    if (answer.body.kind !== 'complete') throw new Error('The answer has several parts.');
    return reply.code(answer.status ?? 200).send(answer.body.string);
  };
}

/** Apollo looks at it only after a change was made, and then does not tell what it came to. */
function refuseUnacceptable({ headers: { accept }, raw }: FastifyRequest): void {
  if (!accept || (accept.length <= LONGEST_ACCEPT && new Negotiator(raw).mediaType(MEDIA_TYPES) !== undefined)) return;
  throw new DomainError(
    'NOT_ACCEPTABLE',
    'Answers are application/json or application/graphql-response+json: name one of them in Accept.',
  );
}

function headersOf({ headers }: FastifyRequest): HeaderMap {
  const map = new HeaderMap();
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value);
  return map;
}
