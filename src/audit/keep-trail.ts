import type { FastifyBaseLogger } from 'fastify';
import type { EntityManager } from 'typeorm';
import { startChainer } from './chainer';
import type { RefusalTally } from './refusal-tally';

const FLUSH_EVERY_MS = 60_000;

/** What a server does for the audit trail beside its requests. */
export interface TrailKeeper {
  /** Writes and chains what is left; for when the last request was answered. */
  stop: () => Promise<void>;
}

/** Writes the counted refusals every minute, and chains all rows. */
export function keepTrail(
  db: EntityManager,
  refusals: RefusalTally,
  log: FastifyBaseLogger,
  flushEveryMs = FLUSH_EVERY_MS,
): TrailKeeper {
  let flushing: Promise<void> | null = null;
  const timer = setInterval(() => {
    flushing ??= refusals.flush().finally(() => (flushing = null));
  }, flushEveryMs);
  const chainer = startChainer(db, log);
  return {
    async stop() {
      clearInterval(timer);
      await flushing;
      await refusals.flush();
      await chainer.stop();
    },
  };
}
