import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { FastifyBaseLogger } from 'fastify';
import { StartFailure } from '../start-failure';
import { isDatabaseUnavailable } from './unavailable';

const PAUSE_MS = 1000;

/**
 * Waits until the database of DATABASE_URL takes connections. Throws StartFailure, in one sentence, when it does not within
 * the time or refuses for a reason that waiting will not cure. The URL, which holds a password, is never told.
 */
export async function waitForDatabase(
  url: string,
  timeoutSeconds: number,
  log: Pick<FastifyBaseLogger, 'warn'>,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + timeoutSeconds * 1000;
  for (let told = false; ; told = true) {
    const fault = await connectionFault(url);
    if (fault === null) return;
    if (!isDatabaseUnavailable(fault))
      throw new StartFailure(`The database of DATABASE_URL refuses: ${messageOf(fault)}.`);
    if (performance.now() + PAUSE_MS > deadline)
      throw new StartFailure(
        `The database of DATABASE_URL did not answer within ${timeoutSeconds} s (${messageOf(fault)}). Start it, or correct DATABASE_URL.`,
      );
    if (!told) log.warn(`the database does not answer (${messageOf(fault)}); trying for ${timeoutSeconds} s`);
    await delay(PAUSE_MS, undefined, { signal });
  }
}

async function connectionFault(url: string): Promise<unknown> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000, application_name: 'rollcall' });
  // A connection that is lost while it is closed has nobody else to tell.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return null;
  } catch (error) {
    return error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A failed connection to several addresses has an empty message of its own. */
function messageOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return message || code || 'no reason given';
}
