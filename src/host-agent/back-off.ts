/** How long to wait between tries: doubling from one second, each time at random between half and the whole. */
export interface BackOff {
  /** The next wait in milliseconds, at most `longest`. */
  next(longest: number): number;
  /** Begins from one second again. */
  reset(): void;
}

const FIRST_WAIT = 1_000;
const SHORTEST_INTERVAL = 1;
const LONGEST_INTERVAL = 3_600;

/** A back-off that has not waited yet. The jitter keeps a fleet from returning in step after an outage. */
export function makeBackOff(random: () => number = Math.random): BackOff {
  let ceiling = FIRST_WAIT;
  return {
    next(longest) {
      const whole = Math.min(ceiling, longest);
      ceiling = Math.min(ceiling * 2, longest);
      return Math.round(whole * (0.5 + random() / 2));
    },
    reset() {
      ceiling = FIRST_WAIT;
    },
  };
}

/** Seconds that a server asks for, as they can be meant: a nonsense value must neither hammer it nor silence the agent for ever. */
export function bounded(seconds: number): number {
  return Math.min(Math.max(seconds, SHORTEST_INTERVAL), LONGEST_INTERVAL);
}

/** The wait in milliseconds, or longer if the server asks for so many seconds. */
export function atLeast(wait: number, retryAfterSeconds: number | undefined): number {
  return retryAfterSeconds === undefined ? wait : Math.max(wait, bounded(retryAfterSeconds) * 1_000);
}
