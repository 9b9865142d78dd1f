import { makeApprovalNews } from './approval-news';
import { isKeyUnfit, requestRegistration, type RequestAnswer } from './approval-request';
import { atLeast, bounded, makeBackOff } from './back-off';
import type { EnrolmentParts } from './enrolment';
import { collectFacts } from './facts/host-facts';
import { openPendingKey, type PendingKey } from './pending-key';
import { registrationFailure } from './refusal';
import { ServerFault } from './server-fault';

const LONGEST_WAIT = 30_000;
/** An administrator may unlock the client registry for five seconds only. */
const LONGEST_WAIT_WHILE_LOCKED = 4_000;
/** Upwards only: nobody comes sooner than the server asked for. */
const JITTER = 0.1;

/**
 * Asks an administrator to approve a key that this agent has made, and waits, however long that takes; the key is the live one
 * then. Throws AgentFailure when the configuration or the server must be seen to first, and the reason of the signal.
 */
export async function requestApproval(parts: EnrolmentParts): Promise<void> {
  const { config, folder, client, surroundings, signal } = parts;
  const facts = await collectFacts(config, surroundings.warn);
  const news = makeApprovalNews(config, facts.hostname, surroundings);
  const key = await openPendingKey(folder, facts.hostname, surroundings);
  const waits = makeWaits(key);
  let hasBegun = false;
  for (;;) {
    let pause: number;
    try {
      const answer = await requestRegistration(key.current, facts, config, client, signal);
      hasBegun = true;
      news.answered(answer);
      if (answer.state === 'APPROVED') return await key.takeIntoUse(answer.agentId);
      pause = waits.afterAnswer(answer);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ServerFault)) throw error;
      hasBegun ||= error.isLocked;
      if (!mayPass(error, hasBegun)) throw registrationFailure(error, config);
      news.failed(error);
      pause = await waits.afterFault(error);
    }
    await surroundings.wait(pause, signal);
    signal.throwIfAborted();
  }
}

/** How long to wait until the next try, in milliseconds. */
interface Waits {
  afterAnswer(answer: RequestAnswer): number;
  /** With another key, when it is the key that the server cannot take. */
  afterFault(fault: ServerFault): Promise<number>;
}

function makeWaits(key: PendingKey): Waits {
  const backOff = makeBackOff();
  let isNewKey = false;
  return {
    afterAnswer({ pollAfterSeconds }) {
      backOff.reset();
      isNewKey = false;
      return bounded(pollAfterSeconds) * 1_000 * (1 + Math.random() * JITTER);
    },
    async afterFault(fault) {
      const { retryAfterSeconds } = fault.refusal ?? {};
      if (fault.isLocked) return atLeast(backOff.next(LONGEST_WAIT_WHILE_LOCKED), retryAfterSeconds);
      if (!isKeyUnfit(fault)) return atLeast(backOff.next(LONGEST_WAIT), retryAfterSeconds);
      await key.replace();
      // The first new key is tried at once; a server that takes none is not asked without end.
      const pause = isNewKey ? backOff.next(LONGEST_WAIT) : 0;
      isNewKey = true;
      return pause;
    },
  };
}

/** What answers otherwise than the server did before, such as a proxy while the server is replaced, will be the server again. */
function mayPass(fault: ServerFault, hasBegun: boolean): boolean {
  const isOurs = fault.refusal?.code === 'BAD_USER_INPUT';
  return fault.isPassing || fault.isLocked || isKeyUnfit(fault) || (hasBegun && !isOurs);
}
