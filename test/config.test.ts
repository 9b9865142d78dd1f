import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { effectiveSettings, loadConfig, localAdminKeyFile, type Sources } from '../src/config';
import { settings } from '../src/config/settings';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, contents: string): string {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
}

/** The sources of a test never include those of the machine that runs it. */
function isolated(sources: Sources): Sources {
  return { environment: {}, systemFile: join(folder, 'absent.yaml'), ...sources };
}

function load(sources: Sources = {}) {
  return loadConfig(isolated(sources));
}

describe('the settings', () => {
  it('have defaults that need nothing', () => {
    const dataDir = process.getuid?.() === 0 ? '/var/lib/rollcall' : resolve('.rollcall');
    expect(load()).toEqual({
      host: '127.0.0.1',
      port: 8080,
      basePath: '',
      dataDir,
      adminKeyFile: join(dataDir, 'admin.key'),
      encryption: { keyFile: null },
      logLevel: 'info',
      database: { url: null, poolSize: 10, startTimeoutSeconds: 60, statementTimeoutSeconds: 3 },
      graphql: { anonymousIntrospection: false },
      metrics: { public: false },
      trustedProxies: [],
      registrationToken: { defaultTtlSeconds: 3600 },
      apiKey: {
        defaultTtlSeconds: 7_776_000,
        minimumTtlSeconds: 60,
        maximumTtlSeconds: 315_360_000,
        neverExpires: true,
      },
      clientRegistry: {
        unlockSeconds: 300,
        permanentlyOpen: false,
        requestTtlSeconds: 3600,
        rejectionCoolDownSeconds: 3600,
        pendingPerAddress: 20,
        pendingRequests: 1000,
      },
      listenUrl: null,
      agentKeyTtlSeconds: null,
      sync: { minimumIntervalSeconds: 15, secretsInTheClear: false },
      limits: {
        failuresPerMinute: 60,
        registrationsPerMinute: 600,
        anonymousRequestsPerMinute: 1200,
        requestsPerMinute: 30_000,
        connectionsPerAddress: 1000,
        body: 262_144,
        depth: 15,
        tokens: 5000,
        aliases: 30,
        directives: 50,
        objects: 50_000,
        errors: 50,
      },
      tls: null,
      cors: { origins: [] },
      timeouts: { headersSeconds: 10, bodySeconds: 30, requestSeconds: 60, idleSeconds: 75 },
    });
  });

  it('are each read from the environment', () => {
    const environment = {
      ROLLCALL_HOST: '::',
      ROLLCALL_PORT: '0',
      ROLLCALL_BASE_PATH: '/pmp/v-1.0',
      ROLLCALL_DATA_DIR: 'state',
      ROLLCALL_ADMIN_KEY_FILE: '/keys/first',
      ROLLCALL_ENCRYPTION_KEY_FILE: '/keys/encryption',
      ROLLCALL_LOG_LEVEL: 'trace',
      DATABASE_URL: 'postgresql://rollcall:a%2Fb@/roll?host=/run/postgresql',
      ROLLCALL_DATABASE_POOL_SIZE: '100',
      ROLLCALL_DATABASE_START_TIMEOUT: '0s',
      ROLLCALL_DATABASE_STATEMENT_TIMEOUT: '5m',
      ROLLCALL_GRAPHQL_ANONYMOUS_INTROSPECTION: 'true',
      ROLLCALL_METRICS_PUBLIC: 'true',
      ROLLCALL_TRUSTED_PROXIES: '10.0.0.0/8, ::1',
      ROLLCALL_REGISTRATION_TOKEN_DEFAULT_TTL: '30d',
      ROLLCALL_API_KEY_DEFAULT_TTL: '1h',
      ROLLCALL_API_KEY_MINIMUM_TTL: '1s',
      ROLLCALL_API_KEY_MAXIMUM_TTL: '1d',
      ROLLCALL_API_KEY_NEVER_EXPIRES: 'false',
      ROLLCALL_CLIENT_REGISTRY_UNLOCK_DURATION: '24h',
      ROLLCALL_CLIENT_REGISTRY_PERMANENTLY_OPEN: 'true',
      ROLLCALL_CLIENT_REGISTRY_REQUEST_TTL: '1m',
      ROLLCALL_CLIENT_REGISTRY_REJECTION_COOL_DOWN: '0s',
      ROLLCALL_CLIENT_REGISTRY_PENDING_PER_ADDRESS: '1',
      ROLLCALL_CLIENT_REGISTRY_PENDING_REQUESTS: '100000',
      ROLLCALL_LISTEN_URL: 'postgresql://direct.example/roll',
      ROLLCALL_AGENT_KEY_TTL: '90d',
      ROLLCALL_SYNC_MINIMUM_INTERVAL: '1s',
      ROLLCALL_SYNC_SECRETS_IN_THE_CLEAR: 'true',
      ROLLCALL_LIMITS_FAILURES_PER_MINUTE: '1',
      ROLLCALL_LIMITS_REGISTRATIONS_PER_MINUTE: '2',
      ROLLCALL_LIMITS_ANONYMOUS_REQUESTS_PER_MINUTE: '3',
      ROLLCALL_LIMITS_REQUESTS_PER_MINUTE: '10000000',
      ROLLCALL_LIMITS_BODY: '1024',
      ROLLCALL_LIMITS_DEPTH: '50',
      ROLLCALL_LIMITS_TOKENS: '100',
      ROLLCALL_LIMITS_ALIASES: '0',
      ROLLCALL_LIMITS_DIRECTIVES: '1000',
      ROLLCALL_LIMITS_OBJECTS: '10000000',
      ROLLCALL_LIMITS_ERRORS: '1',
      ROLLCALL_LIMITS_CONNECTIONS_PER_ADDRESS: '1000000',
      ROLLCALL_TLS_CERT: '/tls/cert.pem',
      ROLLCALL_TLS_KEY: '/tls/key.pem',
      ROLLCALL_TLS_MIN_VERSION: 'TLSv1.3',
      ROLLCALL_CORS_ORIGINS: 'https://a.example, http://localhost:3000',
      ROLLCALL_TIMEOUTS_HEADERS: '5m',
      ROLLCALL_TIMEOUTS_BODY: '10m',
      ROLLCALL_TIMEOUTS_REQUEST: '1s',
      ROLLCALL_TIMEOUTS_IDLE: '1h',
    };
    expect(load({ environment })).toEqual({
      host: '::',
      port: 0,
      basePath: '/pmp/v-1.0',
      dataDir: resolve('state'),
      adminKeyFile: '/keys/first',
      encryption: { keyFile: '/keys/encryption' },
      logLevel: 'trace',
      database: {
        url: environment.DATABASE_URL,
        poolSize: 100,
        startTimeoutSeconds: 0,
        statementTimeoutSeconds: 300,
      },
      graphql: { anonymousIntrospection: true },
      metrics: { public: true },
      trustedProxies: ['10.0.0.0/8', '::1'],
      registrationToken: { defaultTtlSeconds: 2_592_000 },
      apiKey: { defaultTtlSeconds: 3600, minimumTtlSeconds: 1, maximumTtlSeconds: 86_400, neverExpires: false },
      clientRegistry: {
        unlockSeconds: 86_400,
        permanentlyOpen: true,
        requestTtlSeconds: 60,
        rejectionCoolDownSeconds: 0,
        pendingPerAddress: 1,
        pendingRequests: 100_000,
      },
      listenUrl: 'postgresql://direct.example/roll',
      agentKeyTtlSeconds: 7_776_000,
      sync: { minimumIntervalSeconds: 1, secretsInTheClear: true },
      limits: {
        failuresPerMinute: 1,
        registrationsPerMinute: 2,
        anonymousRequestsPerMinute: 3,
        requestsPerMinute: 10_000_000,
        connectionsPerAddress: 1_000_000,
        body: 1024,
        depth: 50,
        tokens: 100,
        aliases: 0,
        directives: 1000,
        objects: 10_000_000,
        errors: 1,
      },
      tls: { certFile: '/tls/cert.pem', keyFile: '/tls/key.pem', minVersion: 'TLSv1.3' },
      cors: { origins: ['https://a.example', 'http://localhost:3000'] },
      timeouts: { headersSeconds: 300, bodySeconds: 600, requestSeconds: 1, idleSeconds: 3600 },
    });
    const names = Object.values(settings).map((setting) => setting.environment);
    expect(Object.keys(environment).toSorted()).toEqual(names.toSorted());
  });

  it('are each read from a file, in sections, and anchors work', () => {
    const configFile = file(
      'all.yaml',
      `port: &number 99
data_dir: /srv/rollcall
database:
  pool_size: *number
  start_timeout: 2m
graphql: { anonymous_introspection: true }
trusted_proxies: [192.0.2.1]
agent_key_ttl:
sync:
`,
    );
    expect(load({ configFile })).toMatchObject({
      port: 99,
      adminKeyFile: '/srv/rollcall/admin.key',
      database: { poolSize: 99, startTimeoutSeconds: 120 },
      graphql: { anonymousIntrospection: true },
      trustedProxies: ['192.0.2.1'],
      agentKeyTtlSeconds: null,
      sync: { minimumIntervalSeconds: 15 },
    });
  });

  it('cannot be changed once they are loaded', () => {
    const config = load();
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.database)).toBe(true);
    expect(Object.isFrozen(config.trustedProxies)).toBe(true);
  });
});

describe('the precedence', () => {
  const systemFile = file('system.yaml', 'port: 1\n');
  const configFile = file('given.yaml', 'port: 2\n');
  const environment = { ROLLCALL_PORT: '3' };
  const flags = { port: '4' };

  it.each<[string, Sources, number, string]>([
    ['the default holds alone', {}, 8080, 'default'],
    ['the file of the system overrules the default', { systemFile }, 1, 'system.yaml:1'],
    ['a given file takes the place of the system’s', { systemFile, configFile }, 2, 'given.yaml:1'],
    ['the environment overrules the file', { configFile, environment }, 3, 'environment ROLLCALL_PORT'],
    ['a flag overrules the environment', { configFile, environment, flags }, 4, '--port'],
    ['an empty variable is not set', { configFile, environment: { ROLLCALL_PORT: '' } }, 2, 'given.yaml:1'],
    ['a flag that was not given is not set', { configFile, flags: { port: undefined } }, 2, 'given.yaml:1'],
  ])('%s', (_, sources, port, origin) => {
    expect(load(sources).port).toBe(port);
    const shown = effectiveSettings(isolated(sources)).find(({ path }) => path === 'port');
    expect(shown).toEqual({ path: 'port', value: String(port), origin: expect.stringMatching(`${origin}$`) });
  });

  it('takes the whole given file, so that the system’s other settings do not hold', () => {
    const other = file('other.yaml', 'host: 192.0.2.9\n');
    expect(load({ systemFile: other, configFile }).host).toBe('127.0.0.1');
  });
});

describe('the local administrator key', () => {
  it('is found where the server keeps it, whatever is wrong with other settings', () => {
    const systemFile = file('local.yaml', 'data_dir: /srv/roll\nport: none\n');
    expect(localAdminKeyFile(isolated({ systemFile }))).toBe('/srv/roll/admin.key');
    const environment = { ROLLCALL_ADMIN_KEY_FILE: '/keys/admin', ROLLCALL_PORT: 'x' };
    expect(localAdminKeyFile(isolated({ systemFile, environment }))).toBe('/keys/admin');
  });
});
