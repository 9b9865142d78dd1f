import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { authenticate } from './access/authentication';
import { startKeys, type Keys } from './access/keys';
import { perMinute } from './access/rate-limit';
import { keepTrail } from './audit/keep-trail';
import { refusalTally, type RefusalTally } from './audit/refusal-tally';
import type { Config } from './config';
import type { Context } from './context';
import { Unauthenticated } from './errors';
import { fleetCount } from './fleet-summary/count-fleet';
import { consoleRoutes } from './http/console';
import { canonicalAddress } from './http/canonical-address';
import { createGraphQL } from './http/graphql';
import { authorizationHeader } from './http/authorization-header';
import { healthRoutes } from './http/health';
import { readJson } from './http/json-body';
import { problemOf, sendProblem } from './http/problem';
import { registerRoute } from './http/register';
import { versionRoute } from './http/version';
import { createChangeFeed } from './inventory/inventory-change';
import { createSchema } from './schema';
import { syncInterval } from './sync/interval';
import { startListening } from './sync/listening';

export interface ServerOptions {
  config: Config;
  /** Initialized and migrated. */
  dataSource: DataSource;
  log: FastifyBaseLogger;
}

/** The largest body that is read. */
const BODY_LIMIT = 256 * 1024;

/** Makes the HTTP server with all its routes. It does not listen yet; closing it leaves the database open. */
export async function createServer({ config, dataSource, log }: ServerOptions): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    trustProxy: config.trustedProxies.length > 0 ? config.trustedProxies : false,
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: 'idle',
  });
  tellRequests(app);
  readJson(app);
  const keys = startKeys(config, dataSource, log);
  app.addHook('onClose', keys.stop);
  try {
    await answerRequests(app, { config, dataSource, log }, keys);
  } catch (error) {
    // What runs beside the requests would keep a process alive that failed to start.
    await app.close();
    throw error;
  }
  return app;
}

async function answerRequests(
  app: FastifyInstance,
  { config, dataSource, log }: ServerOptions,
  keys: Keys,
): Promise<void> {
  const refusals = refusalTally(dataSource.manager, log);
  const contextOf = contextMaker(config, dataSource, keys, refusals);
  const { apollo, handler } = await createGraphQL({
    schema: createSchema(),
    anonymousIntrospection: config.graphql.anonymousIntrospection,
    contextOf,
  });
  app.addHook('onClose', () => apollo.stop());
  await app.register(
    async (routes) => {
      healthRoutes(routes, dataSource);
      versionRoute(routes, contextOf);
      await registerRoute(routes, contextOf);
      routes.route({ method: ['POST', 'OPTIONS'], url: '/graphql', onRequest: forbidStoring, handler });
      await routes.register(consoleRoutes, { answerOperation: handler });
    },
    { prefix: config.basePath },
  );
  // Last: whatever fails before it must not leave a timer behind that says that somebody listens.
  const listening = await startListening(dataSource.manager, log);
  app.addHook('onClose', async () => listening.stop());
  const trail = keepTrail(dataSource.manager, refusals, log);
  app.addHook('onClose', () => trail.stop());
}

/** Answers may hold secrets that are shown this once. */
async function forbidStoring(_: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.header('cache-control', 'no-store');
}

/** Every answer has a request id, and so has every line of the log. */
function tellRequests(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => void reply.header('x-request-id', request.id));
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions, ip } = request;
    const level = reply.statusCode >= 500 ? 'warn' : 'debug';
    request.log[level](
      { method, route: routeOptions.url, status: reply.statusCode, ms: Math.round(reply.elapsedTime), address: ip },
      'request',
    );
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, { status: 404, code: 'NOT_FOUND', message: 'There is nothing at this address.' }),
  );
  app.setErrorHandler(async (error, request, reply) => {
    const problem = problemOf(error);
    if (problem.status >= 500) request.log.error({ err: error }, 'the request failed');
    // GraphQL clients look for errors where GraphQL has them.
    if (request.routeOptions.url?.endsWith('/graphql'))
      return reply
        .code(problem.status)
        .send({ errors: [{ message: problem.message, extensions: { code: problem.code, fields: problem.fields } }] });
    return sendProblem(request, reply, problem);
  });
}

/**
 * What requests of this server share, and what each has of its own. Its promise is refused when the request presents a
 * credential that is not good.
 */
function contextMaker(
  config: Config,
  dataSource: DataSource,
  { keyCache, keyUse }: Keys,
  refusals: RefusalTally,
): (request: FastifyRequest) => Promise<Context> {
  const db = dataSource.manager;
  const shared = {
    config,
    db,
    keyCache,
    refusals,
    registrationLimit: perMinute(config.limits.registrationsPerMinute),
    syncInterval: syncInterval(config.sync.minimumIntervalSeconds),
    fleetCount: fleetCount(),
    changeFeed: createChangeFeed(),
  };
  return async (request) => {
    const context = {
      ...shared,
      remoteAddress: canonicalAddress(request.ip),
      requestId: request.id,
      log: request.log,
      loaders: new Map(),
    };
    const callerOf = async () => authenticate({ ...context, keyUse }, authorizationHeader(request));
    return { ...context, caller: await callerOf().catch(counted(context)) };
  };
}

/** A key of which nobody has proved to know the secret is told in the audit trail as one of many. */
function counted({ refusals, remoteAddress }: Pick<Context, 'refusals' | 'remoteAddress'>): (error: unknown) => never {
  return (error) => {
    if (error instanceof Unauthenticated && error.details['reason'] === undefined)
      refusals.note({ action: 'api_key.authenticate', reason: error.code, remoteAddress });
    throw error;
  };
}
