import { isAbsolute } from 'node:path';
import * as kinds from './kinds';
import { setting } from './setting';
import { clientRegistrySettings } from './client-registry-settings';
import { limitSettings } from './limit-settings';
import { transportSettings } from './transport-settings';

export type { Setting } from './setting';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

export const settings = {
  host: setting<string>('host', {
    ...kinds.text('an IP address or a host name, without brackets', (text) => /^[\w.:%-]{1,253}$/.test(text)),
    flag: 'host',
    default: () => '127.0.0.1',
    description: 'The address to listen on. `0.0.0.0` and `::` are all of the machine.',
  }),
  port: setting<number>('port', {
    ...kinds.integer(0, 65_535),
    flag: 'port',
    default: () => 8080,
    description: 'The port to listen on; 0 takes any free one.',
  }),
  basePath: setting<string>('base_path', {
    ...kinds.text('empty or a path such as /pmp: letters, digits, - . _ ~ and no slash at its end', isBasePath),
    flag: 'base-path',
    default: () => '',
    defaultText: 'none',
    description: 'What stands before every route, the probes included.',
  }),
  dataDir: setting<string>('data_dir', {
    ...kinds.filePath(),
    flag: 'data-dir',
    default: defaultDataDir,
    defaultText: '`.rollcall`; as root `/var/lib/rollcall`',
    description: 'The folder of the embedded database and of the files that the server makes.',
  }),
  adminKeyFile: setting<string | null>('admin_key_file', {
    ...kinds.filePath(),
    default: () => null,
    defaultText: '`admin.key` in the data folder',
    description: 'Where the first administrator key is written; a key that is there already is taken.',
  }),
  encryptionKeyFile: setting<string | null>('encryption.key_file', {
    ...kinds.text('an absolute path', isAbsolute),
    default: () => null,
    defaultText: '`encryption.key` in the data folder; with `DATABASE_URL` none',
    description:
      'The file of the key that secrets of monitored services are encrypted with: 32 bytes in base64 (`openssl rand -base64 32`) or hexadecimal digits, and readable by the server’s account alone. With `DATABASE_URL` no such secret is taken without it; servers that share a database have the same key.',
  }),
  logLevel: setting<LogLevel>('log_level', {
    ...kinds.choice('trace', 'debug', 'info', 'warn', 'error', 'fatal'),
    flag: 'log-level',
    default: () => 'info',
    description: 'The least grave events that are logged.',
  }),
  databaseUrl: setting<string | null>('database.url', {
    ...kinds.postgresUrl(),
    environment: 'DATABASE_URL',
    default: () => null,
    defaultText: 'none: the embedded PostgreSQL',
    description: 'The PostgreSQL to use instead of the embedded one.',
  }),
  databasePoolSize: setting<number>('database.pool_size', {
    ...kinds.integer(1, 100),
    default: () => 10,
    description: 'The most connections to the database that one server opens.',
  }),
  databaseStartTimeout: setting<number>('database.start_timeout', {
    ...kinds.duration('0s', '1h'),
    default: () => 60,
    description: 'How long the start goes on trying to reach the database.',
  }),
  statementTimeout: setting<number>('database.statement_timeout', {
    ...kinds.duration('1s', '5m'),
    default: () => 3,
    description:
      'How long a caller waits for one statement before it is told UNAVAILABLE and PostgreSQL ends the statement; a database that falls silent is noticed after the same time.',
  }),
  listenUrl: setting<string | null>('listen_url', {
    ...kinds.postgresUrl(),
    default: () => null,
    defaultText: 'the database itself',
    description:
      'A direct connection to the same database, for being told of revoked keys. Needed when `DATABASE_URL` leads to a pooler in transaction mode.',
  }),
  anonymousIntrospection: setting<boolean>('graphql.anonymous_introspection', {
    ...kinds.boolean(),
    default: () => false,
    description: 'Whether the schema is shown to callers without a key.',
  }),
  metricsPublic: setting<boolean>('metrics.public', {
    ...kinds.boolean(),
    default: () => false,
    description: 'Whether `/metrics` is shown to callers without a key.',
  }),
  trustedProxies: setting<string[]>('trusted_proxies', {
    ...kinds.addresses(),
    default: () => [],
    defaultText: 'none',
    description: 'The proxies whose word about the address and the protocol of a caller is taken.',
  }),
  registrationTokenDefaultTtl: setting<number>('registration_token.default_ttl', {
    ...kinds.duration('1s', '30d'),
    default: () => 3_600,
    description: 'How long a registration token is good when its issuer does not say.',
  }),
  apiKeyDefaultTtl: setting<number>('api_key.default_ttl', {
    ...kinds.duration('1s', '36500d'),
    default: () => 90 * 86_400,
    description: 'How long an API key is good when its issuer does not say.',
  }),
  apiKeyMinimumTtl: setting<number>('api_key.minimum_ttl', {
    ...kinds.duration('1s', '36500d'),
    default: () => 60,
    description: 'The shortest life that an API key may be given.',
  }),
  apiKeyMaximumTtl: setting<number>('api_key.maximum_ttl', {
    ...kinds.duration('1s', '36500d'),
    default: () => 3650 * 86_400,
    description: 'The longest life that an API key may be given.',
  }),
  apiKeyNeverExpires: setting<boolean>('api_key.never_expires', {
    ...kinds.boolean(),
    default: () => true,
    description: 'Whether API keys without an end may be issued at all.',
  }),
  agentKeyTtl: setting<number | null>('agent_key_ttl', {
    ...kinds.duration('1h', '3650d'),
    default: () => null,
    defaultText: 'none: agent keys do not end',
    description: 'How long the key of an agent is good.',
  }),
  syncMinimumInterval: setting<number>('sync.minimum_interval', {
    ...kinds.duration('1s', '15m'),
    default: () => 15,
    description: 'The shortest time between two syncs that agents are told; a large fleet is told a longer one.',
  }),
  syncSecretsInTheClear: setting<boolean>('sync.secrets_in_the_clear', {
    ...kinds.boolean(),
    default: () => false,
    description:
      'Whether host agents are sent the secrets of monitored services over plain HTTP, too, where others on the way can read them. Without it they need HTTPS, a trusted proxy that says https, or to be on this machine.',
  }),
  ...clientRegistrySettings,
  ...limitSettings,
  ...transportSettings,
};

/** `/var/lib/rollcall` as root, where services keep their state, else `.rollcall` where the program was started. */
function defaultDataDir(): string {
  return process.getuid?.() === 0 ? '/var/lib/rollcall' : kinds.absolute('.rollcall');
}

/** A segment of dots alone would be resolved away by every client. */
function isBasePath(text: string): boolean {
  return /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)*$/.test(text);
}
