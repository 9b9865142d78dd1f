import type { Context } from '../context';
import { Conflict, FailedPrecondition, NotFound } from '../errors';
import type { Refusal } from './refusal-tally';

/**
 * Does what a good key asked for. When what is on the roll forbids it, that is counted for the audit trail: two who rotate the same
 * key are a sign of theft. Faulty input is not: it tried nothing.
 */
export async function countingRefusals<T>(
  { refusals, remoteAddress, caller }: Pick<Context, 'refusals' | 'remoteAddress' | 'caller'>,
  attempt: Pick<Refusal, 'action' | 'target'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Conflict || error instanceof FailedPrecondition || error instanceof NotFound)
      refusals.note({ ...attempt, reason: error.code, remoteAddress, caller });
    throw error;
  }
}
