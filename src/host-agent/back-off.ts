/** How long to wait between tries: doubling from one second, each time at random between half and the whole. */
export interface BackOff {
  /** The next wait in milliseconds, at most `longest`. */
  next(longest: number): number;
  /** Begins from one second again. */
  reset(): void;
}

const FIRST_WAIT = 1_000;

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
