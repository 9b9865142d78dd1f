import type { Excess } from '../../src/document/limit-exceeded';
import type { Answer } from '../support/client';

/** That an answer refuses a request as a whole, and tells of what there was too much in words and numbers. */
export function expectExcess(answer: Answer, excess: Excess): void {
  expect(answer).toMatchObject({ status: 400, data: undefined });
  expect(answer.errors).toEqual([{ message: expect.any(String), extensions: { code: 'LIMIT_EXCEEDED', ...excess } }]);
  for (const part of Object.values(excess)) expect(answer.errors[0]!.message).toContain(String(part));
}
