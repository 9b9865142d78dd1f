import type { FastifyBaseLogger } from 'fastify';
import type { EntityManager } from 'typeorm';

/** How often each server says that it listens. */
const TOUCH_EVERY_MS = 5000;

/**
 * Says that a server listens now. Where nobody did for over 15 s, the gap is written down; one that begins before every
 * agent had three intervals to be heard after the former gap prolongs that.
 */
const TOUCH = `
  WITH before AS (
    SELECT heard_until < clock_timestamp() - interval '15 s' AS gap,
           -- Only where there is a gap: the longest interval is looked for in the whole fleet.
           CASE WHEN heard_until < clock_timestamp() - interval '15 s' THEN heard_until - heard_since <
             make_interval(secs => 3 * (SELECT max(sync_interval_seconds) FROM liveness)) END AS prolongs
    FROM hearing FOR UPDATE
  )
  UPDATE hearing SET
    deaf_since = CASE WHEN before.gap AND before.prolongs IS NOT TRUE THEN heard_until ELSE deaf_since END,
    heard_since = CASE WHEN before.gap THEN clock_timestamp() ELSE heard_since END,
    heard_until = greatest(heard_until, clock_timestamp())
  FROM before`;

/** Keeps saying that this server listens, until stopped. */
export interface Listening {
  stop(): void;
}

/** Touches the row of hearing now and every 5 s. The first touch throws when the database fails; later ones try again. */
export async function startListening(db: EntityManager, log: FastifyBaseLogger): Promise<Listening> {
  await db.query(TOUCH);
  let running = false;
  const timer = setInterval(() => {
    if (running) return;
    running = true;
    db.query(TOUCH)
      .catch((error: unknown) => log.warn({ err: error }, 'cannot say that this server listens'))
      .finally(() => (running = false));
  }, TOUCH_EVERY_MS);
  return { stop: () => clearInterval(timer) };
}
