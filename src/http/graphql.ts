import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyBaseLogger, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { GraphQLError, visit, type DocumentNode, type GraphQLSchema } from 'graphql';
import type { Context } from '../context';
import { domainErrorOf, formatError, requestError, Unauthenticated, Unavailable, UNFORESEEN } from '../errors';
import { limitAnonymous, tellLimits } from './graphql-limits';
import { withoutCredentials } from '../safe-text';

export interface GraphQLOptions {
  schema: GraphQLSchema;
  anonymousIntrospection: boolean;
  /** Throws a DomainError when the request presents a credential that is not good. */
  contextOf: (request: FastifyRequest) => Promise<Context>;
}

/** Apollo, started, and the handler that answers GraphQL over HTTP with it. */
export async function createGraphQL(
  options: GraphQLOptions,
): Promise<{ apollo: ApolloServer<Context>; handler: RouteHandlerMethod }> {
  const { schema, contextOf } = options;
  const apollo = new ApolloServer<Context>({
    schema,
    introspection: true,
    // Suggestions of names would show the schema piece by piece to whoever may not see it.
    hideSchemaDetailsFromClientErrors: !options.anonymousIntrospection,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      tellErrors(),
      tellLimits(),
      ...(options.anonymousIntrospection ? [] : [noAnonymousIntrospection()]),
    ],
  });
  await apollo.start();
  const context = (request: FastifyRequest) =>
    contextOf(request)
      .then((made) => limitAnonymous(made, request))
      .catch((error: unknown) => refuse(request.log, error));
  return { apollo, handler: fastifyApolloHandler(apollo, { context }) };
}

/** A credential that is not good, or a database that is down, ends the request with its own HTTP status. */
function refuse(log: FastifyBaseLogger, error: unknown): never {
  tellCause(log, error);
  const refusal = domainErrorOf(error);
  if (refusal) throw requestError(refusal);
  // Anything else Apollo would pass on with its message.
  throw new GraphQLError(UNFORESEEN.message, { extensions: { code: UNFORESEEN.code, http: { status: 500 } } });
}

/** What callers are not told of an error goes to the log, under the id of their request. */
function tellCause(log: FastifyBaseLogger, error: unknown): void {
  const refusal = domainErrorOf(error);
  if (refusal instanceof Unavailable) log.warn({ err: refusal.cause }, 'the database did not answer');
  else if (!refusal && !(error instanceof GraphQLError)) log.error({ err: error }, 'unexpected error');
}

/** The schema is for whoever has a key. */
function noAnonymousIntrospection(): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ document, contextValue }) => {
        if (contextValue.caller || !asksForSchema(document)) return;
        const error = requestError(new Unauthenticated('The schema is shown to whoever gives an API key.'));
        error.extensions['http'] = { status: 200 };
        throw error;
      },
    }),
  };
}

function asksForSchema(document: DocumentNode): boolean {
  let asks = false;
  visit(document, { Field: ({ name }) => void (asks ||= name.value === '__schema' || name.value === '__type') });
  return asks;
}

/**
 * One line for each operation that failed: its name, codes and paths, never its text or variables. That a good key had not the
 * role is counted for the audit trail.
 */
function tellErrors(): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async () => ({
      didEncounterErrors: async ({ errors, contextValue, operationName }) => {
        // There is no context yet when the credential was refused.
        if (!contextValue.log) return;
        // What the executor dies of, such as variables nested too deep for its stack, is not wrapped and has no extensions.
        for (const error of errors) tellCause(contextValue.log, error.originalError ?? error);
        const told = errors.map(({ path, extensions, originalError }) => ({
          path: path?.join('.'),
          code: domainErrorOf(originalError)?.code ?? extensions?.['code'],
        }));
        // Whoever is over a limit must not fill the disk with it; what was refused is counted in the audit trail.
        const level = told.every(({ code }) => code === 'RATE_LIMITED') ? 'debug' : 'info';
        contextValue.log[level](
          { operation: withoutCredentials(operationName ?? '').slice(0, 100), errors: told },
          'operation failed',
        );
        const { caller, remoteAddress, refusals } = contextValue;
        if (told.some(({ code }) => code === 'FORBIDDEN'))
          refusals.note({ action: 'api_key.forbidden', reason: 'FORBIDDEN', remoteAddress, caller });
      },
    }),
  };
}
