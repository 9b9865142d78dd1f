import { ExitCode } from '../exit-code';
import { printable, withoutCredentials } from '../safe-text';
import type { Format } from './output';

/** What a program may want to know of a failure, beside its code. */
export interface FailureDetails {
  /** What to do. */
  hint?: string;
  requestId?: string | undefined;
  retryable?: boolean;
  /** What is wrong with which part of an input. */
  fields?: { path: string; message: string }[];
}

/** Ends a command: a code for programs, a sentence for people. */
export class CommandFailure extends Error {
  constructor(
    readonly exitCode: ExitCode,
    readonly code: string,
    message: string,
    readonly details: FailureDetails = {},
  ) {
    super(message);
  }
}

export function usageFailure(message: string): CommandFailure {
  return new CommandFailure(ExitCode.USAGE, 'USAGE', message);
}

export function notFound(what: string): CommandFailure {
  return new CommandFailure(ExitCode.NOT_FOUND, 'NOT_FOUND', `There is no such ${what}.`);
}

/** The text for stderr. As JSON it is one object, `{"error": {code, message, hint, requestId, retryable}}`. */
export function failureText(failure: CommandFailure, format: Format): string {
  const { hint, requestId, retryable = false, fields } = failure.details;
  const message = withoutCredentials(failure.message);
  if (format === 'json') {
    const error = { code: failure.code, message, hint: hint ?? null, requestId: requestId ?? null, retryable };
    return JSON.stringify({ error: fields === undefined ? error : { ...error, fields } }, null, 2);
  }
  // A server's message may tell them already.
  const untold = (fields ?? []).filter((fault) => !message.includes(fault.message));
  const faults = untold.map((fault) => `  ${fault.path}: ${fault.message}`);
  const trace = requestId === undefined ? [] : [`(request ${requestId})`];
  return [`rollcall: ${[message, hint].filter(Boolean).join(' ')}`, ...faults, ...trace].map(printable).join('\n');
}
