import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import type { FastifyBaseLogger, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { GraphQLError, visit, type DocumentNode, type GraphQLSchema } from 'graphql';
import { noteForbidden } from '../access/authorization';
import type { Config } from '../config';
import type { Context } from '../context';
import { documentCheck } from '../document/check-document';
import { domainErrorOf, formatError, requestError, Unauthenticated, Unavailable, UNFORESEEN } from '../errors';
import type { Instruments } from '../metrics/instruments';
import { countOperations } from '../metrics/operations';
import { limitAnonymous, tellLimits } from './graphql-limits';
import { withoutCredentials } from '../safe-text';
import { apolloHandler } from './apollo-handler';
import { legacyStatus, limitErrors, limitObjects } from './apollo-limits';
import { checkRequest } from './graphql-request';

export interface GraphQLOptions {
  schema: GraphQLSchema;
  anonymousIntrospection: boolean;
  limits: Config['limits'];
  /** Throws a DomainError when the request presents a credential that is not good. */
  contextOf: (request: FastifyRequest) => Promise<Context>;
  /** Throws a DomainError when the address has sent too much that was refused. */
  chargeRefused: (request: FastifyRequest) => Promise<void>;
  /** Where what is asked for is counted. */
  instruments: Instruments;
}

/** Apollo, started, and the handler that answers GraphQL over HTTP with it. */
export async function createGraphQL(
  options: GraphQLOptions,
): Promise<{ apollo: ApolloServer<Context>; handler: RouteHandlerMethod }> {
  const { schema, limits, contextOf } = options;
  const apollo = new ApolloServer<Context>({
    schema,
    introspection: true,
    // A document comes as text, which is measured; not by a digest under which somebody left it here.
    persistedQueries: false,
    validationOptions: { maxErrors: limits.errors },
    executionOptions: { maxCoercionErrors: limits.errors },
    // Suggestions of names would show the schema piece by piece to whoever may not see it.
    hideSchemaDetailsFromClientErrors: !options.anonymousIntrospection,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      tellErrors(limits.errors),
      countOperations(options.instruments),
      limitObjects(limits.objects),
      limitErrors(limits.errors),
      legacyStatus(),
      tellLimits(),
      ...(options.anonymousIntrospection ? [] : [noAnonymousIntrospection()]),
    ],
  });
  await apollo.start();
  const checkDocument = documentCheck(schema, limits);
  /** What is refused has cost a look at it: whoever sends much of it is over the budget of anonymous operations. */
  const checked = async (request: FastifyRequest) => {
    try {
      return checkRequest(request, checkDocument);
    } catch (error) {
      await options.chargeRefused(request);
      throw error;
    }
  };
  const context = async (request: FastifyRequest) => {
    try {
      // First: what is beyond the bounds costs no query, not even for its credential.
      const { isEnrolment } = await checked(request);
      return await limitAnonymous(await contextOf(request), isEnrolment);
    } catch (error) {
      return refuse(request.log, error);
    }
  };
  return { apollo, handler: apolloHandler(apollo, context) };
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
 * One line for each operation that failed: its name, codes and paths of the first errors, never its text or variables. That a good
 * key had not the role is counted for the audit trail.
 */
function tellErrors(most: number): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async () => ({
      didEncounterErrors: async ({ errors, contextValue, operationName }) => {
        // There is no context yet when the credential was refused.
        if (!contextValue.log) return;
        // What the executor itself dies of is not wrapped and has no extensions.
        for (const error of errors.slice(0, most)) tellCause(contextValue.log, error.originalError ?? error);
        const told = errors.map(({ path, extensions, originalError }) => ({
          // Aliases are the client's.
          path: path && withoutCredentials(path.join('.')),
          code: domainErrorOf(originalError)?.code ?? extensions?.['code'],
        }));
        // Whoever is over a limit must not fill the disk with it; what was refused is counted in the audit trail.
        const level = told.every(({ code }) => code === 'RATE_LIMITED') ? 'debug' : 'info';
        contextValue.log[level](
          { operation: withoutCredentials(operationName ?? '').slice(0, 100), errors: told.slice(0, most) },
          'operation failed',
        );
        if (told.some(({ code }) => code === 'FORBIDDEN')) noteForbidden(contextValue);
      },
    }),
  };
}
