import type { FastifyBaseLogger } from 'fastify';
import type { Config } from '../config';
import type { DatabasePlace } from './data-source';
import { borrowEmbeddedPostgres, startEmbeddedPostgres, type EmbeddedPostgres } from './embedded/embedded-postgres';
import { waitForDatabase } from './wait';

/** A database that takes connections. */
export interface OpenDatabase {
  place: DatabasePlace;
  /** Stops what was started for it. */
  close(): Promise<void>;
}

/** The database of the server: that of DATABASE_URL once it answers, else the embedded one, which it owns. Throws StartFailure; rejects when the signal ends the waiting. */
export function openDatabase(config: Config, log: FastifyBaseLogger, signal: AbortSignal): Promise<OpenDatabase> {
  return open(config, log, signal, startEmbeddedPostgres);
}

/** The same database for a command that runs beside the server, or without it. Throws StartFailure. */
export function borrowDatabase(config: Config, log: FastifyBaseLogger, signal: AbortSignal): Promise<OpenDatabase> {
  return open(config, log, signal, borrowEmbeddedPostgres);
}

async function open(
  { database, dataDir }: Config,
  log: FastifyBaseLogger,
  signal: AbortSignal,
  embedded: typeof startEmbeddedPostgres,
): Promise<OpenDatabase> {
  if (database.url !== null) {
    await waitForDatabase(database.url, database.startTimeoutSeconds, log, signal);
    return { place: { url: database.url }, close: async () => {} };
  }
  const postgres: EmbeddedPostgres = await embedded({ dataDir, log, signal });
  return { place: postgres.connection, close: () => postgres.stop() };
}
