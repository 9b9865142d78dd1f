import { join } from 'node:path';
import type { Fault } from './config/file';
import { settingsReader, type EffectiveSetting, type SettingsReader, type Sources } from './config/reading';
import { settings, type LogLevel } from './config/settings';
import { readTls, readTransport, type TransportConfig } from './config/transport';

export { settingsReference } from './config/reference';
export type { Fault } from './config/file';
export type { EffectiveSetting, Sources } from './config/reading';
export type { LogLevel } from './config/settings';

/** The settings of the server, complete and checked. Paths are absolute. */
export interface Config extends TransportConfig {
  host: string;
  port: number;
  /** Empty, or such as `/pmp`. */
  basePath: string;
  dataDir: string;
  adminKeyFile: string;
  /** Null: none is given. */
  encryption: { keyFile: string | null };
  logLevel: LogLevel;
  /** Without a URL the embedded database is used. */
  database: { url: string | null; poolSize: number; startTimeoutSeconds: number; statementTimeoutSeconds: number };
  graphql: { anonymousIntrospection: boolean };
  metrics: { public: boolean };
  trustedProxies: string[];
  registrationToken: { defaultTtlSeconds: number };
  clientRegistry: {
    unlockSeconds: number;
    permanentlyOpen: boolean;
    requestTtlSeconds: number;
    rejectionCoolDownSeconds: number;
    pendingPerAddress: number;
    pendingRequests: number;
  };
  apiKey: { defaultTtlSeconds: number; minimumTtlSeconds: number; maximumTtlSeconds: number; neverExpires: boolean };
  /** Null: the database itself. */
  listenUrl: string | null;
  /** Null: agent keys do not end. */
  agentKeyTtlSeconds: number | null;
  sync: { minimumIntervalSeconds: number; secretsInTheClear: boolean };
  limits: {
    failuresPerMinute: number;
    registrationsPerMinute: number;
    anonymousRequestsPerMinute: number;
    requestsPerMinute: number;
    connectionsPerAddress: number;
    /** In bytes. */
    body: number;
    depth: number;
    tokens: number;
    aliases: number;
    directives: number;
    objects: number;
    errors: number;
  };
}

/** Everything that is wrong with the settings. No fault repeats a value: it may be a secret. */
export class ConfigError extends Error {
  constructor(readonly faults: Fault[]) {
    super(faults.map(({ place, message }) => `${place}: ${message}`).join('\n'));
  }
}

/** The settings of the server from all their sources; throws a ConfigError with all faults. */
export function loadConfig(sources: Sources = {}): Config {
  return checked(sources).config;
}

/** What each setting is and where that comes from, passwords hidden; throws a ConfigError with all faults. */
export function effectiveSettings(sources: Sources = {}): EffectiveSetting[] {
  return checked(sources).effective;
}

/** Where a server on this machine keeps its administrator key. Faults in other settings are that server's affair. */
export function localAdminKeyFile(sources: Sources = {}): string {
  return readPaths(settingsReader(sources)).adminKeyFile;
}

/**
 * The URL of the server on this machine; null when its settings leave the port open. A file that only the server may read is passed over, but
 * a fault in these very settings is a ConfigError: to guess would be to send a key elsewhere.
 */
export function localServerUrl(sources: Sources = {}): string | null {
  const reader = settingsReader(sources);
  const faultsElsewhere = reader.faults.length;
  const address = {
    host: reader.read(settings.host),
    port: reader.read(settings.port),
    basePath: reader.read(settings.basePath),
    tls: readTls(reader),
  };
  const faults = reader.faults.slice(faultsElsewhere);
  if (faults.length > 0) throw new ConfigError(faults.toSorted(byPlace));
  return address.port === 0 ? null : localUrl(address);
}

/** Where a server that listens there is reached on its own machine. */
export function localUrl({ host, port, basePath, tls }: Pick<Config, 'host' | 'port' | 'basePath' | 'tls'>): string {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  // A URL knows no zone, as in fe80::1%eth0.
  const place = reached.includes(':') ? `[${reached.replace(/%.*$/, '')}]` : reached;
  return new URL(`${tls ? 'https' : 'http'}://${place}:${port}${basePath}`).href.replace(/\/$/, '');
}

function checked(sources: Sources): { config: Config; effective: EffectiveSetting[] } {
  const reader = settingsReader(sources);
  const config = readConfig(reader);
  const faults = reader.faults.length > 0 ? reader.faults : orderFaults(config.apiKey, reader.effective);
  if (faults.length > 0) throw new ConfigError(faults.toSorted(byPlace));
  return { config: deepFreeze(config), effective: reader.effective };
}

/** What no setting can tell by itself: which of them is the least. */
function orderFaults(
  { minimumTtlSeconds, defaultTtlSeconds, maximumTtlSeconds }: Config['apiKey'],
  effective: EffectiveSetting[],
): Fault[] {
  const originOf = ({ path }: { path: string }) => effective.find((setting) => setting.path === path)!.origin;
  if (minimumTtlSeconds > maximumTtlSeconds)
    return [
      {
        place: originOf(settings.apiKeyMinimumTtl),
        message: 'api_key.minimum_ttl must not exceed api_key.maximum_ttl',
      },
    ];
  if (defaultTtlSeconds >= minimumTtlSeconds && defaultTtlSeconds <= maximumTtlSeconds) return [];
  return [
    {
      place: originOf(settings.apiKeyDefaultTtl),
      message: 'api_key.default_ttl must lie between api_key.minimum_ttl and api_key.maximum_ttl',
    },
  ];
}

function readConfig(reader: SettingsReader): Config {
  return {
    host: reader.read(settings.host),
    port: reader.read(settings.port),
    basePath: reader.read(settings.basePath),
    ...readPaths(reader),
    encryption: { keyFile: reader.read(settings.encryptionKeyFile) },
    logLevel: reader.read(settings.logLevel),
    database: {
      url: reader.read(settings.databaseUrl),
      poolSize: reader.read(settings.databasePoolSize),
      startTimeoutSeconds: reader.read(settings.databaseStartTimeout),
      statementTimeoutSeconds: reader.read(settings.statementTimeout),
    },
    listenUrl: reader.read(settings.listenUrl),
    graphql: { anonymousIntrospection: reader.read(settings.anonymousIntrospection) },
    metrics: { public: reader.read(settings.metricsPublic) },
    trustedProxies: reader.read(settings.trustedProxies),
    registrationToken: { defaultTtlSeconds: reader.read(settings.registrationTokenDefaultTtl) },
    apiKey: {
      defaultTtlSeconds: reader.read(settings.apiKeyDefaultTtl),
      minimumTtlSeconds: reader.read(settings.apiKeyMinimumTtl),
      maximumTtlSeconds: reader.read(settings.apiKeyMaximumTtl),
      neverExpires: reader.read(settings.apiKeyNeverExpires),
    },
    agentKeyTtlSeconds: reader.read(settings.agentKeyTtl),
    sync: {
      minimumIntervalSeconds: reader.read(settings.syncMinimumInterval),
      secretsInTheClear: reader.read(settings.syncSecretsInTheClear),
    },
    clientRegistry: {
      unlockSeconds: reader.read(settings.clientRegistryUnlockDuration),
      permanentlyOpen: reader.read(settings.clientRegistryPermanentlyOpen),
      requestTtlSeconds: reader.read(settings.clientRegistryRequestTtl),
      rejectionCoolDownSeconds: reader.read(settings.clientRegistryRejectionCoolDown),
      pendingPerAddress: reader.read(settings.clientRegistryPendingPerAddress),
      pendingRequests: reader.read(settings.clientRegistryPendingRequests),
    },
    limits: {
      failuresPerMinute: reader.read(settings.failuresPerMinute),
      registrationsPerMinute: reader.read(settings.registrationsPerMinute),
      anonymousRequestsPerMinute: reader.read(settings.anonymousRequestsPerMinute),
      requestsPerMinute: reader.read(settings.requestsPerMinute),
      body: reader.read(settings.bodyLimit),
      depth: reader.read(settings.depthLimit),
      tokens: reader.read(settings.tokenLimit),
      aliases: reader.read(settings.aliasLimit),
      directives: reader.read(settings.directiveLimit),
      objects: reader.read(settings.objectLimit),
      errors: reader.read(settings.errorLimit),
      connectionsPerAddress: reader.read(settings.connectionsPerAddress),
    },
    ...readTransport(reader),
  };
}

function readPaths(reader: SettingsReader): Pick<Config, 'dataDir' | 'adminKeyFile'> {
  const dataDir = reader.read(settings.dataDir);
  return { dataDir, adminKeyFile: reader.read(settings.adminKeyFile) ?? join(dataDir, 'admin.key') };
}

function byPlace(a: Fault, b: Fault): number {
  return a.place.localeCompare(b.place, 'en', { numeric: true });
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) deepFreeze(part);
  }
  return Object.freeze(value);
}
