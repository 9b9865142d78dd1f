const MINUTE_MS = 60_000;
/** Sums of intervals that no float holds exactly, such as a seventh of a minute, are off by far less. */
const ROUNDING_MS = 0.001;
const MOST_KEYS = 100_000;

/** Budgets of attempts, one a key, in the memory of this process. */
export interface Limiter {
  /** Takes one attempt from the key's budget. Gives 0, or the milliseconds until there is one to take: then nothing was taken. */
  take(key: string): number;
  /** The milliseconds until there is an attempt to take from the key's budget; 0: there is one. */
  wait(key: string): number;
  /** Refuses the key for so many milliseconds, because somebody else knows that its budget is spent. */
  refuse(key: string, milliseconds: number): void;
  /** How many keys are remembered; one that is in both generations counts twice. */
  readonly size: number;
}

/** What a limiter is made with beside its rate; only tests say other than this. */
export interface LimiterOptions {
  /** By a clock that never goes back, in ms. */
  now?: () => number;
  mostKeys?: number;
}

/**
 * So many attempts a key at once, and then as many a minute, evenly spread: the generic cell rate algorithm (ITU-T I.371), which needs
 * one instant a key, that until which its budget is spent. Keys are in two generations. A new one is begun after a minute, or when half of
 * the room is taken, and whoever was not seen since the one before began is forgotten: no timer, no search, and a flood of keys costs
 * memory up to there and no more. (A Map as a queue is slow: V8 passes over all that was deleted at its head.)
 */
export function createLimiter(perMinute: number, options: LimiterOptions = {}): Limiter {
  const { now = () => performance.now(), mostKeys = MOST_KEYS } = options;
  const interval = MINUTE_MS / perMinute;
  let current = new Map<string, number>();
  let former = new Map<string, number>();
  let begunAt = now();

  function remember(key: string, until: number, at: number): void {
    if (at - begunAt >= MINUTE_MS || current.size >= mostKeys / 2) {
      former = current;
      current = new Map();
      begunAt = at;
    }
    current.set(key, until);
  }

  function spentUntil(key: string, at: number): number {
    return Math.max(at, current.get(key) ?? former.get(key) ?? at);
  }

  function waitFor(from: number, at: number): number {
    const wait = from - at - (MINUTE_MS - interval);
    return wait <= ROUNDING_MS ? 0 : wait;
  }

  return {
    take(key) {
      const at = now();
      const from = spentUntil(key, at);
      const wait = waitFor(from, at);
      remember(key, wait === 0 ? from + interval : from, at);
      return wait;
    },
    wait(key) {
      const at = now();
      return waitFor(spentUntil(key, at), at);
    },
    refuse(key, milliseconds) {
      const at = now();
      remember(key, at + milliseconds + MINUTE_MS - interval, at);
    },
    get size() {
      return current.size + former.size;
    },
  };
}
