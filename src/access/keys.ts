import type { FastifyBaseLogger } from 'fastify';
import type { ClientConfig } from 'pg';
import type { DataSource } from 'typeorm';
import type { Config } from '../config';
import { startListener } from '../database/listener';
import { KEY_CHANNEL } from './key-announcement';
import { createKeyCache, type KeyCache } from './key-cache';
import { startKeyUse, type KeyUse } from './key-use';

/** What one server keeps of keys while it runs. */
export interface Keys {
  keyCache: KeyCache;
  keyUse: KeyUse;
  stop: () => Promise<void>;
}

/** Starts the cache of checked keys, the connection that keeps it honest, and the record of last use. */
export function startKeys({ listenUrl }: Config, dataSource: DataSource, log: FastifyBaseLogger): Keys {
  const listener = startListener({
    connection: listenUrl === null ? connectionOf(dataSource) : { connectionString: listenUrl },
    channel: KEY_CHANNEL,
    heard: (publicId) => keyCache.evict([publicId]),
    back: () => keyCache.evictAll(),
    log,
  });
  const keyCache = createKeyCache(listener.isUp);
  const keyUse = startKeyUse(dataSource.manager, log);
  return {
    keyCache,
    keyUse,
    stop: async () => {
      await listener.stop();
      await keyUse.stop();
    },
  };
}

/** How the data source itself connects. */
function connectionOf({ options }: DataSource): ClientConfig {
  const { url, host, port, username, password, database, ssl } = options as unknown as Record<string, string>;
  return url === undefined
    ? ({ host, port, user: username, password, database, ssl } as unknown as ClientConfig)
    : { connectionString: url };
}
