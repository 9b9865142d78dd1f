import Fastify from 'fastify';
import { buildSchema, graphql } from 'graphql';
import { makeCredential, CredentialKind } from '../../src/access/credential';
import { consoleRoutes } from '../../src/http/console';

/** A server with the playground on it, and what the browser sent to its API. */
export interface PlaygroundServer {
  /** The address of the page, below a base path. */
  url: string;
  /** A key that is good, and one that is not any more. */
  key: string;
  otherKey: string;
  operations: { authorization: string | undefined; operationName: string | undefined }[];
  stop: () => Promise<void>;
}

const SCHEMA = buildSchema(`
  type Query { version: ServerVersion! caller: Caller! nodes(first: Int): NodeConnection! }
  type ServerVersion { version: String! }
  type Caller { role: String! }
  type NodeConnection { nodes: [Node!]! }
  type Node { name: String! status: String! lastSeenAt: String }
`);
const FLEET = {
  version: { version: '7.8.9' },
  caller: { role: 'ADMIN' },
  nodes: { nodes: [{ name: 'db-eu-1', status: 'ACTIVE', lastSeenAt: null }] },
};

/** Starts fastify with the playground's routes and an API with the manners of the real one: without a key, only the version. */
export async function startPlaygroundServer(): Promise<PlaygroundServer> {
  const [key, otherKey] = [makeKey(), makeKey()];
  const operations: PlaygroundServer['operations'] = [];
  const app = Fastify();
  await app.register(
    async (routes) => {
      await routes.register(consoleRoutes, {});
      routes.post<{ Body: { query: string; operationName?: string } }>('/graphql', async (request, reply) => {
        const { authorization } = request.headers;
        const { query, operationName } = request.body;
        operations.push({ authorization, operationName });
        if (authorization !== undefined && authorization !== `Bearer ${key}`)
          return reply.code(401).send(refused('This key was revoked.'));
        if (authorization === undefined && operationName !== 'Version') return refused('This needs an API key.');
        return graphql({ schema: SCHEMA, source: query, rootValue: FLEET, operationName: operationName ?? null });
      });
    },
    { prefix: '/fleet' },
  );
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url: `${origin}/fleet/graphql`, key, otherKey, operations, stop: () => app.close() };
}

function makeKey(): string {
  return makeCredential(CredentialKind.USER_KEY).text;
}

function refused(message: string) {
  return { errors: [{ message, extensions: { code: 'UNAUTHENTICATED' } }] };
}
