import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { wasGood } from './access/authentication';
import { startKeys, type Keys } from './access/keys';
import { keepTrail } from './audit/keep-trail';
import { refusalTally } from './audit/refusal-tally';
import type { Config } from './config';
import { consoleRoutes } from './http/console';
import { contextMaker } from './http/context-maker';
import { createGraphQL } from './http/graphql';
import { healthRoutes } from './http/health';
import { readJson } from './http/json';
import { metricsRoute } from './http/metrics';
import { problemOf, sendProblem } from './http/problem';
import { prometheusDiscoveryRoute } from './http/prometheus-discovery';
import { registerRoute } from './http/register';
import { versionRoute } from './http/version';
import { createChangeFeed, type ChangeFeed } from './inventory/inventory-change';
import { startMetrics } from './metrics/metrics';
import { timeRequests } from './metrics/requests';
import { callerAddress } from './rate-limit/address';
import { createSchema } from './schema';
import type { EncryptionKey } from './secret/encryption-key';
import { createSecrets } from './secret/secrets';
import { startListening } from './sync/listening';
import { allowOrigins } from './transport/cors';
import { limitAnswers } from './transport/deadline';
import { knownFirst } from './transport/known-callers';
import { transportOptions } from './transport/http-server';

export interface ServerOptions {
  config: Config;
  /** Initialized and migrated. */
  dataSource: DataSource;
  /** Null: secrets of monitored services are refused. */
  encryptionKey: EncryptionKey | null;
  log: FastifyBaseLogger;
  /** Where committed changes of the inventory are told; one of its own unless given. */
  changeFeed?: ChangeFeed;
}

/** Makes the HTTP server with all its routes. It does not listen yet; closing it leaves the database open. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { config, dataSource, log } = options;
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    trustProxy: config.trustedProxies.length > 0 ? config.trustedProxies : false,
    bodyLimit: config.limits.body,
    forceCloseConnections: 'idle',
    ...transportOptions(config, log),
    // What no route is looked for, since its address cannot be read: fastify itself would repeat the address.
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id);
      void sendProblem(request, reply, problemOf(error, request));
    },
  });
  tellRequests(app);
  readJson(app);
  limitAnswers(app, config.timeouts.requestSeconds);
  allowOrigins(app, config.cors.origins);
  if (config.clientRegistry.permanentlyOpen)
    log.warn(
      'the client registry is permanently open (client_registry.permanently_open): whoever reaches this server may ask to be registered',
    );
  const keys = startKeys(config, dataSource, log);
  app.addHook('onClose', keys.stop);
  try {
    await answerRequests(app, options, keys);
  } catch (error) {
    // What runs beside the requests would keep a process alive that failed to start.
    await app.close();
    throw error;
  }
  return app;
}

async function answerRequests(
  app: FastifyInstance,
  { config, dataSource, encryptionKey, log, changeFeed = createChangeFeed() }: ServerOptions,
  keys: Keys,
): Promise<void> {
  const refusals = refusalTally(dataSource.manager, log);
  const { contextOf, chargeRefused } = contextMaker(config, dataSource.manager, {
    keys,
    refusals,
    secrets: createSecrets(encryptionKey),
    changeFeed,
  });
  const metrics = startMetrics(dataSource, keys.keyCache);
  app.addHook('onClose', async () => metrics.stop());
  timeRequests(app, metrics.instruments);
  const { apollo, handler } = await createGraphQL({
    schema: createSchema(),
    anonymousIntrospection: config.graphql.anonymousIntrospection,
    limits: config.limits,
    contextOf,
    chargeRefused,
    instruments: metrics.instruments,
  });
  app.addHook('onClose', () => apollo.stop());
  const prefix = config.basePath;
  // Not in line: whoever asks for these decides whether the server is alive.
  await app.register(async (routes) => healthRoutes(routes, dataSource), { prefix });
  await app.register(
    async (routes) => {
      knownFirst(routes, ({ headers }) => wasGood(keys.keyCache, headers.authorization));
      versionRoute(routes, contextOf);
      prometheusDiscoveryRoute(routes, contextOf);
      metricsRoute(routes, contextOf, { metrics, isPublic: config.metrics.public });
      await registerRoute(routes, contextOf, metrics.instruments);
      routes.route({ method: ['POST', 'OPTIONS'], url: '/graphql', onRequest: forbidStoring, handler });
      await routes.register(consoleRoutes, { answerOperation: handler });
    },
    { prefix },
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
    const { method, routeOptions } = request;
    const level = reply.statusCode >= 500 ? 'warn' : 'debug';
    request.log[level](
      {
        method,
        route: routeOptions.url,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        address: callerAddress(request),
      },
      'request',
    );
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, { status: 404, code: 'NOT_FOUND', message: 'There is nothing at this address.' }),
  );
  app.setErrorHandler(async (error, request, reply) => {
    const problem = problemOf(error, request);
    if (problem.status >= 500) request.log.error({ err: error }, 'the request failed');
    // GraphQL clients look for errors where GraphQL has them.
    if (request.routeOptions.url?.endsWith('/graphql')) {
      const { status, message, ...extensions } = problem;
      if (problem.retryAfterSeconds !== undefined) reply.header('retry-after', problem.retryAfterSeconds);
      return reply.code(status).send({ errors: [{ message, extensions }] });
    }
    return sendProblem(request, reply, problem);
  });
}
