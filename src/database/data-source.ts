import { DataSource, type DataSourceOptions } from 'typeorm';
import type { FastifyBaseLogger } from 'fastify';
import { ImpatientClient } from './impatient-client';

/** Where the database is: a URL, or the parts of a connection, whose host may be the folder of a socket. */
export type DatabasePlace =
  { url: string } | { host: string; port: number; user: string; password: string; database: string };

export interface DatabaseLimits {
  /** How many connections are kept. */
  poolSize: number;
  /** How long a caller waits for a statement. */
  statementTimeoutSeconds: number;
}

/** With the default of 3 s for a statement a dead database is noticed so soon that callers are told UNAVAILABLE within 5 s. */
const CONNECT_TIMEOUT_MS = 1500;

/** PostgreSQL's own limits end what this process has given up, or has left open by dying or freezing, and free its locks. */
const GIVEN_UP_MS = 1000;
const IDLE_TRANSACTION_TIMEOUT_MS = 10_000;

/** Sets where the database is, how many connections are kept, and how long a caller waits. */
export function placeDataSource(
  dataSource: DataSource,
  place: DatabasePlace,
  { poolSize, statementTimeoutSeconds }: DatabaseLimits,
  log: Pick<FastifyBaseLogger, 'warn'>,
): DataSource {
  const statementTimeout = statementTimeoutSeconds * 1000;
  return dataSource.setOptions({
    ...connectionOptions(place),
    applicationName: 'rollcall',
    poolSize,
    poolErrorHandler: (error: unknown) => log.warn({ err: error }, 'a connection to the database was lost'),
    extra: {
      Client: ImpatientClient,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: statementTimeout,
      statement_timeout: statementTimeout + GIVEN_UP_MS,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
      keepAlive: true,
    },
  });
}

/** The same database without the time limits, for migrations and what needs as long as it needs. */
export function patientDataSource(dataSource: DataSource): DataSource {
  return new DataSource({ ...dataSource.options, poolSize: 2, extra: {} } as DataSourceOptions);
}

function connectionOptions(place: DatabasePlace) {
  if ('url' in place) return { url: place.url };
  const { user, ...rest } = place;
  // The socket of the embedded database has no TLS, whatever PGSSLMODE says of others.
  return { ...rest, username: user, ssl: false };
}
