import { EnrolmentMethod } from '../agent/agent-type';
import type { Instruments } from './instruments';
import { codeOf, OK } from './outcome';

/** Does what enrols an agent with a token, and counts what came of it. */
export async function countEnrolment<T>(
  { enrolments }: Pick<Instruments, 'enrolments'>,
  enrol: () => Promise<T>,
): Promise<T> {
  try {
    const enrolled = await enrol();
    enrolments.inc({ method: EnrolmentMethod.TOKEN, code: OK });
    return enrolled;
  } catch (error) {
    enrolments.inc({ method: EnrolmentMethod.TOKEN, code: codeOf(error) });
    throw error;
  }
}
