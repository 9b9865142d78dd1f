import type { EntityManager } from 'typeorm';
import type { Caller } from '../access/actor';
import type { RefusalTally } from '../audit/refusal-tally';
import type { Config } from '../config';
import { RateLimited, type DomainError } from '../errors';
import { createLine, type Line } from '../line';
import { limitKey } from './address';
import { createBrake } from './brake';
import { createLimiter } from './limiter';
import { createSharedBudget } from './shared-budget';

/** What the limits know of a call. */
export interface LimitedCall {
  remoteAddress: string;
  refusals: RefusalTally;
}

/**
 * The budgets of one server. Those of an address are spent by attempts that failed and by anonymous operations, and nothing else
 * is refused for them: whoever presents the right secret is let in, whatever others do behind the same address
 * (docs/decisions/rate-limits.md). Over those it is RATE_LIMITED, told late.
 */
export interface Limits {
  /** An attempt has failed. Gives what to tell: the refusal itself, or RateLimited. Counts it for the audit trail as that. */
  failedKey(call: LimitedCall, refusal: DomainError): Promise<DomainError>;
  /** As failedKey, from the budget that all servers on this database share. */
  failedEnrolment(call: LimitedCall, refusal: DomainError): Promise<DomainError>;
  /** Throws RateLimited when there were too many requests with this key. */
  keyUsed(call: LimitedCall, caller: Caller): void;
  /** An attempt with this token, whose secret is right, has failed. Gives what to tell: the refusal itself, or RateLimited, told late. */
  failedToken(call: LimitedCall, tokenId: string, refusal: DomainError): Promise<DomainError>;
  /** Does what is done with a token: of tokens whose budgets are spent one after the other. What succeeds is never refused. */
  withToken<T>(tokenId: string, work: () => Promise<T>): Promise<T>;
  /** Throws RateLimited when there were too many anonymous operations from there. */
  anonymous(call: LimitedCall): Promise<void>;
}

/** What was tried, as the audit trail has it. */
const AUTHENTICATE = 'api_key.authenticate';
const REGISTER = 'agent.register';

export function createLimits(db: EntityManager, config: Config['limits']): Limits {
  const failures = createLimiter(config.failuresPerMinute);
  const sharedFailures = createSharedBudget(db, config.failuresPerMinute);
  const keys = createLimiter(config.requestsPerMinute);
  const tokens = createLimiter(config.registrationsPerMinute);
  const anonymous = createLimiter(config.anonymousRequestsPerMinute);
  const brake = createBrake();
  const spentTokens = new Map<string, { line: Line; length: number }>();

  /** Asks the database only while there is something left here: what it has refused is known here until its time. */
  async function takeShared(key: string): Promise<number> {
    const wait = failures.take(key);
    if (wait > 0) return wait;
    const sharedWait = await sharedFailures.take(key);
    if (sharedWait > 0) failures.refuse(key, sharedWait);
    return sharedWait;
  }

  /** A line each: who makes noise with one token holds up nobody with another. */
  async function inLineOf<T>(tokenId: string, work: () => Promise<T>): Promise<T> {
    const own = spentTokens.get(tokenId) ?? { line: createLine(1), length: 0 };
    spentTokens.set(tokenId, own);
    own.length++;
    try {
      return await own.line(work);
    } finally {
      if (--own.length === 0) spentTokens.delete(tokenId);
    }
  }

  async function late(wait: number): Promise<RateLimited> {
    await brake.hold();
    return rateLimited(wait);
  }

  async function failed(call: LimitedCall, action: string, refusal: DomainError, wait: number): Promise<DomainError> {
    const { remoteAddress, refusals } = call;
    const told = wait > 0 ? rateLimited(wait) : refusal;
    // Before it waits: at a stop it must not miss the last that is written.
    refusals.note({ action, reason: told.code, remoteAddress });
    return wait > 0 ? late(wait) : told;
  }

  return {
    failedKey: async (call, refusal) =>
      failed(call, AUTHENTICATE, refusal, failures.take(limitKey(call.remoteAddress))),
    failedEnrolment: async (call, refusal) =>
      failed(call, REGISTER, refusal, await takeShared(limitKey(call.remoteAddress))),
    keyUsed({ remoteAddress, refusals }, caller) {
      const wait = keys.take(caller.keyId);
      if (wait === 0) return;
      refusals.note({ action: AUTHENTICATE, reason: 'RATE_LIMITED', remoteAddress, caller });
      // At once, whatever noise others make.
      throw rateLimited(wait);
    },
    async failedToken({ remoteAddress, refusals }, tokenId, refusal) {
      const wait = tokens.take(tokenId);
      if (wait === 0) return refusal;
      refusals.note({ action: REGISTER, reason: 'RATE_LIMITED', remoteAddress });
      return late(wait);
    },
    withToken: (tokenId, work) => (tokens.wait(tokenId) > 0 ? inLineOf(tokenId, work) : work()),
    async anonymous(call) {
      const wait = anonymous.take(limitKey(call.remoteAddress));
      if (wait > 0) throw await late(wait);
    },
  };
}

function rateLimited(wait: number): RateLimited {
  return new RateLimited(Math.ceil(wait / 1000));
}
