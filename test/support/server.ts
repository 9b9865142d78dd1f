import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { makeCredential, CredentialKind, hashSecret } from '../../src/access/credential';
import { ApiKey } from '../../src/access/api-key';
import { Role } from '../../src/access/role';
import { loadConfig, type Config } from '../../src/config';
import { createChangeFeed, type ChangeFeed } from '../../src/inventory/inventory-change';
import { makeKeyText, parseKey } from '../../src/secret/encryption-key';
import { createServer, type ServerOptions } from '../../src/server';
import { v7 as uuidv7 } from 'uuid';
import type { DataSource } from 'typeorm';
import { graphqlClient, type GraphQLClient } from './client';
import { createDatabase, type TestDatabase } from './database';
import { requestScope } from './reader';

/** A server in this process, on a port and a database of its own. */
export interface TestServer {
  url: string;
  app: FastifyInstance;
  database: TestDatabase;
  config: Config;
  /** Where it tells what changed of the inventory. */
  changeFeed: ChangeFeed;
  /** Every line of its log. */
  log: string[];
  /** Clients with a key of each role, and without one. */
  admin: GraphQLClient;
  editor: GraphQLClient;
  viewer: GraphQLClient;
  anonymous: GraphQLClient;
  keys: Record<'ADMIN' | 'EDITOR' | 'VIEWER', string>;
  as(key: string): GraphQLClient;
  stop(): Promise<void>;
}

type Overrides = Partial<Omit<Config, 'limits'>> & { limits?: Partial<Config['limits']> };

const NO_LIMITS = {
  failuresPerMinute: 1_000_000,
  registrationsPerMinute: 1_000_000,
  anonymousRequestsPerMinute: 1_000_000,
  requestsPerMinute: 1_000_000,
};

/** The defaults, on any free port. */
export function testConfig({ limits, ...overrides }: Overrides = {}): Config {
  const defaults = loadConfig({ environment: {}, systemFile: '/nonexistent' });
  return { ...defaults, port: 0, ...overrides, limits: { ...defaults.limits, ...limits } };
}

/** Starts a server, with an encryption key of its own. It is slow to anger: the limits are out of the way unless a test sets them. */
export async function startServer({
  encryptionKey = parseKey(makeKeyText()),
  ...overrides
}: Overrides & Partial<Pick<ServerOptions, 'encryptionKey'>> = {}): Promise<TestServer> {
  const database = await createDatabase();
  const config = testConfig({ ...overrides, limits: { ...NO_LIMITS, ...overrides.limits } });
  const log: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => void log.push(line) });
  const changeFeed = createChangeFeed();
  const app = await createServer({ config, dataSource: database.dataSource, encryptionKey, log: logger, changeFeed });
  app.addHook('onRequest', (_, __, done) => requestScope.run(true, done));
  const url = (await app.listen({ host: '127.0.0.1', port: 0 })) + config.basePath;
  const keys = {
    ADMIN: await issueKey(database.dataSource, Role.ADMIN),
    EDITOR: await issueKey(database.dataSource, Role.EDITOR),
    VIEWER: await issueKey(database.dataSource, Role.VIEWER),
  };
  return {
    url,
    app,
    database,
    config,
    changeFeed,
    log,
    keys,
    admin: graphqlClient(url, keys.ADMIN),
    editor: graphqlClient(url, keys.EDITOR),
    viewer: graphqlClient(url, keys.VIEWER),
    anonymous: graphqlClient(url),
    as: (key) => graphqlClient(url, key),
    async stop() {
      await app.close();
      await database.drop();
    },
  };
}

/** Puts a user's key into the database. */
export async function issueKey(dataSource: DataSource, role: Role, expiresAt: Date | null = null): Promise<string> {
  const { credential, text } = makeCredential(CredentialKind.USER_KEY);
  await dataSource.manager.insert(ApiKey, {
    id: uuidv7(),
    publicId: credential.publicId,
    secretHash: hashSecret(credential.secret),
    name: `${role.toLowerCase()} of the test`,
    role,
    createdByName: 'test',
    expiresAt,
  });
  return text;
}
