import { Unavailable } from './errors';

/** Does what it is given in its turn. */
export type Line = <T>(work: () => Promise<T>) => Promise<T>;

/** With the time for one statement it is less than the five seconds in which callers are told of a silent database. */
export const LONGEST_WAIT_MS = 1_500;

/** A line in front of the database: so many at once, the others in the order in which they came. Who has waited too long is told Unavailable. */
export function createLine(atOnce: number): Line {
  const waiting = new Set<() => void>();
  let running = 0;

  function place(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(admit);
        reject(new Unavailable());
      }, LONGEST_WAIT_MS);
      const admit = () => {
        clearTimeout(timer);
        resolve();
      };
      waiting.add(admit);
    });
  }

  /** To whoever has waited longest. */
  function passOn(): void {
    const [next] = waiting;
    if (!next) return void running--;
    waiting.delete(next);
    next();
  }

  return async (work) => {
    if (running < atOnce) running++;
    else await place();
    try {
      return await work();
    } finally {
      passOn();
    }
  };
}
