import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { FastifyBaseLogger } from 'fastify';
import { StartFailure } from '../start-failure';
import { isDatabaseUnavailable } from './unavailable';

const PAUSE_MS = 1000;

/** As server_version_num has it. */
const OLDEST_VERSION = 140_000;

/** What to do about a refusal, by SQLSTATE. */
const REMEDIES: Record<string, string> = {
  '28P01': 'correct the user and the password in DATABASE_URL',
  '28000': 'correct the user in DATABASE_URL, or let the server admit it (its roles and pg_hba.conf)',
  '3D000': 'create the database, or correct DATABASE_URL',
  '42501': 'grant CONNECT on the database to the user, or correct DATABASE_URL',
};

/**
 * Waits until the database of DATABASE_URL takes connections. Throws StartFailure, in one sentence, when it does not within
 * the time, refuses for a reason that waiting will not cure, or is too old. The URL, which holds a password, is never told.
 */
export async function waitForDatabase(
  url: string,
  timeoutSeconds: number,
  log: Pick<FastifyBaseLogger, 'warn'>,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + timeoutSeconds * 1000;
  for (let told = false; ; told = true) {
    const fault = await databaseFault(url);
    if (fault === null) return;
    if (fault instanceof StartFailure) throw fault;
    if (!isDatabaseUnavailable(fault)) throw refusal(fault);
    if (performance.now() + PAUSE_MS > deadline)
      throw new StartFailure(
        `The database of DATABASE_URL did not answer within ${timeoutSeconds} s (${messageOf(fault)}). Start it, or correct DATABASE_URL.`,
      );
    if (!told) log.warn(`the database does not answer (${messageOf(fault)}); trying for ${timeoutSeconds} s`);
    await delay(PAUSE_MS, undefined, { signal });
  }
}

/** Why the database cannot be used; null when it can. */
async function databaseFault(url: string): Promise<unknown> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 2000,
    query_timeout: 2000,
    application_name: 'rollcall',
  });
  // A connection that is lost while it is closed has nobody else to tell.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await refuseOldVersion(client);
    return null;
  } catch (error) {
    return error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function refuseOldVersion(client: Client): Promise<void> {
  const shown = async (name: string) => {
    const { rows } = await client.query<Record<string, string>>(`SHOW ${name}`);
    return rows[0]![name]!;
  };
  if (Number(await shown('server_version_num')) >= OLDEST_VERSION) return;
  throw new StartFailure(
    `The database of DATABASE_URL is PostgreSQL ${await shown('server_version')}, and Rollcall needs PostgreSQL ` +
      `${OLDEST_VERSION / 10_000} or newer: upgrade it, or set DATABASE_URL to another.`,
  );
}

function refusal(fault: unknown): StartFailure {
  const { code } = fault as NodeJS.ErrnoException;
  const remedy = REMEDIES[code ?? ''] ?? 'correct DATABASE_URL, or settle what it says';
  return new StartFailure(`The database of DATABASE_URL refuses (${messageOf(fault)}): ${remedy}.`, { cause: fault });
}

/** A failed connection to several addresses has an empty message of its own. */
function messageOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return message || code || 'no reason given';
}
