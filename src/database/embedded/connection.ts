import { Client } from 'pg';
import { failureOf } from './failure';

/** Where a pg client connects; `host` is the folder of the socket. */
export interface DatabaseConnection {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

/** A connection, or why there is none: nobody listens, whoever does is starting, recovering or stopping, or does not say anything. */
export type Answer = Client | 'nobody' | 'not yet' | 'silence';

const NOBODY = new Set<unknown>(['ENOENT', 'ECONNREFUSED']);
/** cannot_connect_now and admin_shutdown (PostgreSQL, appendix A), and a server that went away meanwhile. */
const NOT_YET = new Set<unknown>(['57P03', '57P01', 'ECONNRESET', 'EPIPE']);
/** Its queue is full: connect(2) on a Unix socket. */
const SILENCE = new Set<unknown>(['EAGAIN']);

/**
 * Connects to PostgreSQL's own database, `postgres`, and sees to it that the connection's is there. Whether a cluster runs is asked of its socket, never of postmaster.pid:
 * that number may be a zombie's or another program's by now. The signal cuts the attempt, not a connection that it led to.
 */
export async function connect(connection: DatabaseConnection, signal?: AbortSignal): Promise<Answer> {
  // Said here, or PGSSLMODE of our environment would be heeded; a Unix socket has no TLS.
  const client = new Client({ ...connection, database: 'postgres', ssl: false, connectionTimeoutMillis: 5_000 });
  // A lost connection is seen by its 'end'; an 'error' that nobody hears ends the process.
  client.on('error', () => undefined);
  const cut = () => client.connection.stream.destroy();
  signal?.addEventListener('abort', cut);
  try {
    await client.connect();
    await ensureDatabase(client, connection.database);
    return client;
  } catch (error) {
    void client.end().catch(() => undefined);
    const { code, message } = failureOf(error);
    if (NOBODY.has(code)) return 'nobody';
    if (SILENCE.has(code) || (!code && message.includes('timeout'))) return 'silence';
    if (code ? NOT_YET.has(code) : /terminated|connection error/.test(message)) return 'not yet';
    throw error;
  } finally {
    signal?.removeEventListener('abort', cut);
  }
}

/** At every start: a kill may have come between the cluster and its database. */
async function ensureDatabase(client: Client, name: string): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  if (rowCount) return;
  try {
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } catch (error) {
    // Another start was faster: duplicate_database, or unique_violation when by a hair.
    if (!['42P04', '23505'].includes(String(failureOf(error).code))) throw error;
  }
}
