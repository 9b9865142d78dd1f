import { ApolloServerErrorCode } from '@apollo/server/errors';
import { domainErrorOf, REFUSAL_CODES, UNFORESEEN } from '../errors';

/** What came of it, where nothing was refused. */
export const OK = 'OK';

const CODES = new Set<unknown>([...REFUSAL_CODES, ...Object.values(ApolloServerErrorCode), UNFORESEEN.code]);

/** The code of an error as a label: one of those that there are. */
export function codeLabel(code: unknown): string {
  return CODES.has(code) ? (code as string) : 'OTHER';
}

/** The code that whoever asked is told of an error. */
export function codeOf(error: unknown): string {
  return codeLabel(domainErrorOf(error)?.code ?? UNFORESEEN.code);
}
