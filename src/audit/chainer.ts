import type { FastifyBaseLogger } from 'fastify';
import type { EntityManager } from 'typeorm';
import { appendWaiting, chainHead, type ChainHead } from './chain';

/** How often each server looks whether something waits: one small query while nothing does. */
const LOOK_EVERY_MS = 500;
/** How long it leaves the database alone after a failure. */
const REST_MS = 5000;
const TELL_EVERY_MS = 60_000;

/** Keeps the chain of the audit trail up with its rows, until stopped. */
export interface Chainer {
  /** Appends what still waits, and tells the head. */
  stop: () => Promise<void>;
}

type Log = Pick<FastifyBaseLogger, 'info' | 'warn'>;

/**
 * Appends audit rows to the chain within a second of their commit; of several servers, one at a time. Tells the head in the log
 * every minute when this server has moved it, for copies outside. Fails no request: what it cannot do is logged and tried again.
 */
export function startChainer(db: EntityManager, log: Log, tellEveryMs = TELL_EVERY_MS): Chainer {
  let running: Promise<void> | null = null;
  let restUntil = 0;
  let untold: ChainHead | null = null;
  let toldAt = performance.now();

  const tell = (head: ChainHead) => {
    log.info({ seq: head.seq, chainHash: head.hash.toString('hex') }, 'the audit trail is chained up to here');
    untold = null;
    toldAt = performance.now();
  };
  const append = async () => {
    untold = (await appendWaiting(db)) ?? untold;
    if (untold && performance.now() - toldAt >= tellEveryMs) tell(untold);
  };
  const look = async () => {
    if (performance.now() < restUntil) return;
    await append().catch((error: unknown) => {
      log.warn({ err: error }, 'the audit trail could not be chained');
      restUntil = performance.now() + REST_MS;
    });
  };
  const timer = setInterval(() => {
    running ??= look().finally(() => (running = null));
  }, LOOK_EVERY_MS);

  return {
    async stop() {
      clearInterval(timer);
      await running;
      try {
        await appendWaiting(db);
        const head = await chainHead(db);
        if (head.seq > 0) tell(head);
      } catch (error) {
        log.warn(
          { err: error },
          'the audit trail could not be chained before the stop; another server, or the next start, will',
        );
      }
    },
  };
}
