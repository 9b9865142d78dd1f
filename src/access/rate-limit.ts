import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { RateLimited } from '../errors';

/** Counts attempts per key, such as an address, and refuses those beyond the limit. */
export interface RateLimit {
  /** Counts one attempt. Throws RateLimited, with the seconds until the next is taken. */
  take(key: string): Promise<void>;
}

/** A limit of so many attempts a minute, in the memory of this process. */
export function perMinute(attempts: number): RateLimit {
  const limiter = new RateLimiterMemory({ points: attempts, duration: 60 });
  return {
    async take(key) {
      try {
        await limiter.consume(key);
      } catch (refusal) {
        if (refusal instanceof RateLimiterRes) throw new RateLimited(Math.ceil(refusal.msBeforeNext / 1000));
        throw refusal;
      }
    },
  };
}
