import type { ApolloServerPlugin } from '@apollo/server';
import { LimitExceeded } from '../document/limit-exceeded';
import { objectsAskedFor } from '../document/objects';
import { requestError } from '../errors';

/** Refuses a valid operation that asks for more objects than the bound, before any of it is executed. */
export function limitObjects(bound: number): ApolloServerPlugin {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ schema, document, operation, request: { variables = {} } }) => {
        // There is none of the name that was asked for; Apollo says so next.
        if (!operation) return;
        const measure = objectsAskedFor({ schema, document, operation, variables });
        if (measure <= bound) return;
        const sentence = `The operation asks for up to ${measure} objects; limits.objects allows ${bound}. Ask for smaller pages.`;
        throw requestError(new LimitExceeded({ limit: 'limits.objects', bound, measure }, sentence));
      },
    }),
  };
}

/** Tells so many errors at most, and in the extensions of the answer that there were more. */
export function limitErrors(bound: number): ApolloServerPlugin {
  return {
    requestDidStart: async () => ({
      willSendResponse: async ({ response: { body } }) => {
        if (body.kind !== 'single') return;
        const { singleResult } = body;
        const measure = singleResult.errors?.length ?? 0;
        if (measure <= bound) return;
        singleResult.errors = singleResult.errors!.slice(0, bound);
        singleResult.extensions = { ...singleResult.extensions, limit: 'limits.errors', bound, measure };
      },
    }),
  };
}

/**
 * GraphQL over HTTP: where application/json is taken and the newer type is not, what is well-formed JSON and no good GraphQL is
 * answered with 200. What is beyond a bound stays 400.
 */
export function legacyStatus(): ApolloServerPlugin {
  return {
    requestDidStart: async () => ({
      willSendResponse: async ({ request, response: { http, body } }) => {
        const accept = request.http?.headers.get('accept') ?? '';
        const isLegacy = accept.includes('application/json') && !accept.includes('application/graphql-response+json');
        if (http.status !== 400 || !isLegacy || !request.query || body.kind !== 'single') return;
        const isExcess = body.singleResult.errors?.some(({ extensions }) => extensions?.['code'] === 'LIMIT_EXCEEDED');
        if (!isExcess) http.status = 200;
      },
    }),
  };
}
