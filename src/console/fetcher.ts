import type { GraphiQLProps } from 'graphiql';
import type { ExecutionResult } from 'graphql';
import { withoutEmptyAuthorization } from './credential';

type Fetcher = GraphiQLProps['fetcher'];

// The page is served at <base path>/graphql, and so is the API: the same address, wherever the server is mounted.
const API = 'graphql';
const INTROSPECTION = 'IntrospectionQuery';

/**
 * Sends operations with the headers of the header editor. `onIntrospection` is told after each attempt to read the schema why it
 * was refused, or null when it was not.
 */
export function createFetcher(onIntrospection: (refusal: string | null) => void): Fetcher {
  return async (operation, options) => {
    const report = operation.operationName === INTROSPECTION ? onIntrospection : () => {};
    try {
      const answer = await send(operation, options?.headers ?? {});
      report(answer.errors?.[0]?.message ?? null);
      return answer;
    } catch (error) {
      report(error instanceof Error ? error.message : String(error));
      throw error;
    }
  };
}

async function send(operation: object, headers: Record<string, unknown>): Promise<ExecutionResult> {
  const response = await post(operation, headers);
  const text = await response.text();
  try {
    const answer: ExecutionResult = JSON.parse(text);
    return answer;
  } catch {
    throw new Error(`The answer is not GraphQL but HTTP ${response.status}: look at what stands before the server.`);
  }
}

async function post(operation: object, headers: Record<string, unknown>): Promise<Response> {
  const request: RequestInit = {
    method: 'POST',
    cache: 'no-store',
    headers: {
      accept: 'application/graphql-response+json, application/json;q=0.9',
      'content-type': 'application/json',
      ...withoutEmptyAuthorization(headers),
    },
    body: JSON.stringify(operation),
  };
  try {
    return await fetch(API, request);
  } catch {
    throw new Error('The server does not answer: see that it runs and can be reached, then try again.');
  }
}
