import { Socket } from 'node:net';
import { Client } from 'pg';
import { causeOf } from '../agent-failure';
import { quotable } from '../../safe-text';
import { localPostgreSqlVersion } from './postgresql-programs';

/** A PostgreSQL on this host. Without address and socket: where the server assumes it, 127.0.0.1:5432. */
export interface PostgreSqlFacts {
  version: string;
  address?: string;
  port?: number;
  /** The folder of its socket. */
  socket?: string;
}

type Location = Omit<PostgreSqlFacts, 'version'>;

const DEADLINE = 3_000;

/**
 * The PostgreSQL of the dsn, or else, if it does not answer (which `warn` is told) or there is no dsn, of a local program. Nothing found: undefined.
 */
export async function postgreSqlFacts(
  dsn: string | undefined,
  warn: (line: string) => void,
): Promise<PostgreSqlFacts | undefined> {
  const asked = dsn === undefined ? undefined : await askServer(dsn, warn);
  const version = asked?.version ?? (await localPostgreSqlVersion());
  return version === undefined ? undefined : { ...asked?.location, version };
}

interface Asked {
  location: Location;
  version?: string | undefined;
}

async function askServer(dsn: string, warn: (line: string) => void): Promise<Asked | undefined> {
  const stream = new Socket();
  const client = clientFor(dsn, stream);
  if (!client) {
    // The parser's error can hold the dsn, and that a password: it is not repeated.
    warn('Warning: postgresql.dsn is not a valid connection URL; going on without it.');
    return undefined;
  }
  // A connection that breaks emits an error besides, which, unheard, would end the process.
  client.on('error', () => undefined);
  const location = locationOf(client.host, client.port);
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    return { location, version: rows[0]?.server_version.split(' ')[0] };
  } catch (error) {
    const cause = quotable(causeOf(error));
    warn(`Warning: the PostgreSQL of postgresql.dsn does not answer (${cause}); looking for its version otherwise.`);
    return { location };
  } finally {
    // Not client.end(): that waits for a server that hangs.
    stream.destroy();
  }
}

function clientFor(connectionString: string, stream: Socket): Client | undefined {
  try {
    return new Client({
      connectionString,
      connectionTimeoutMillis: DEADLINE,
      query_timeout: DEADLINE,
      stream: () => stream,
    });
  } catch {
    return undefined;
  }
}

/** A service has an address with a port, or a socket: never both. */
function locationOf(host: string, port: number): Location {
  return host.startsWith('/') ? { socket: host } : { address: host, port };
}
