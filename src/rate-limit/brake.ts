import { setTimeout as delay } from 'node:timers/promises';

const HELD_MS = 1000;
const APART_MS = 8;
const MOST_HELD = 1000;

/** Slows down who is over a budget: an answer that comes late is asked for less often. */
export interface Brake {
  /** Waits a second, or a few when many wait; not at all when too many do. */
  hold(): Promise<void>;
}

/**
 * Answers leave one by one, so that those who send the next guess when the last was answered come one by one as well: all at once they
 * would hold up everybody else each time.
 */
export function createBrake(): Brake {
  let held = 0;
  let lastLeaves = -Infinity;
  return {
    async hold() {
      if (held >= MOST_HELD) return;
      held++;
      const now = performance.now();
      lastLeaves = Math.max(now + HELD_MS, lastLeaves + APART_MS);
      await delay(lastLeaves - now);
      held--;
    },
  };
}
