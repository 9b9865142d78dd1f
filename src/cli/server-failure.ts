import { formatDuration } from '../duration';
import { ExitCode } from '../exit-code';
import { isCertificateCode, isErrno } from '../system-error';
import { CommandFailure } from './failure';

/** An error in an answer of the server, as the contract has them. */
export interface AnswerError {
  message: string;
  extensions?: { code?: string; fields?: { path: string; message: string }[] };
}

const EXIT_CODES: Record<string, ExitCode> = {
  UNAUTHENTICATED: ExitCode.AUTHENTICATION,
  FORBIDDEN: ExitCode.AUTHENTICATION,
  NOT_FOUND: ExitCode.NOT_FOUND,
  CONFLICT: ExitCode.CONFLICT,
  UNAVAILABLE: ExitCode.UNAVAILABLE,
  RATE_LIMITED: ExitCode.UNAVAILABLE,
};

const HINTS: Record<string, string> = {
  UNAUTHENTICATED: 'Give another key with --key-file, ROLLCALL_KEY_FILE or ROLLCALL_KEY.',
  FORBIDDEN: 'Use a key with a greater role.',
};

/** What another protocol than the expected one looks like. */
const PROTOCOL_CODE = /^(?:EPROTO$|ERR_SSL_|HPE_|UND_ERR_RES)/;

/** The server refused. */
export function answerFailure(
  { message, extensions = {} }: AnswerError,
  requestId: string | undefined,
): CommandFailure {
  const { code = 'INTERNAL_SERVER_ERROR', fields } = extensions;
  const exitCode = EXIT_CODES[code] ?? ExitCode.FAILURE;
  const hint = HINTS[code];
  return new CommandFailure(exitCode, code, message, {
    requestId,
    retryable: exitCode === ExitCode.UNAVAILABLE,
    ...(hint !== undefined && { hint }),
    ...(fields !== undefined && { fields }),
  });
}

/** Something answered, but not as a Rollcall server does: another program, or a proxy before a server that is down. */
export function foreignFailure(url: string, status: number, requestId?: string): CommandFailure {
  if (status === 429 || status >= 500) {
    const hint = 'Try again; if that does not help, look at the log of the server and of what stands before it.';
    return unavailable(`${url} cannot answer now (HTTP ${status}).`, { hint, retryable: true, requestId });
  }
  const hint = 'Check --url or ROLLCALL_URL, the base path included.';
  return new CommandFailure(
    ExitCode.FAILURE,
    'NOT_ROLLCALL',
    `${url} did not answer as a Rollcall server (HTTP ${status}).`,
    {
      hint,
      requestId,
    },
  );
}

/** No answer came, or not a whole one. */
export function transportFailure(error: unknown, url: string, timeoutSeconds: number): CommandFailure {
  const code = codeOf(error);
  if (isCertificateCode(code)) {
    const hint = 'If a CA of your own signed it, name the CA’s certificate with --ca-file or ROLLCALL_CA_FILE.';
    return new CommandFailure(ExitCode.FAILURE, 'CERTIFICATE', `The certificate of ${url} is not good (${code}).`, {
      hint,
    });
  }
  if (PROTOCOL_CODE.test(code)) {
    const hint = 'Check --url or ROLLCALL_URL: http or https, host and port.';
    return new CommandFailure(ExitCode.FAILURE, 'NOT_ROLLCALL', `${url} speaks another protocol (${code}).`, { hint });
  }
  if (code === 'TimeoutError' || code === 'UND_ERR_CONNECT_TIMEOUT') {
    const hint = 'Try again, or wait longer with --timeout; a change may have been made all the same, so look first.';
    return unavailable(`${url} did not answer within ${formatDuration(timeoutSeconds)}.`, { hint, retryable: true });
  }
  const hint = 'Check that the server runs and that --url or ROLLCALL_URL names it.';
  return unavailable(`${url} cannot be reached (${code}).`, { hint, retryable: true });
}

function unavailable(message: string, details: CommandFailure['details']): CommandFailure {
  return new CommandFailure(ExitCode.UNAVAILABLE, 'UNAVAILABLE', message, details);
}

/** fetch wraps what the network said, and several failed addresses of one name in one error more. A message where there is no code. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown cause';
  if (error.name === 'TimeoutError') return error.name;
  if (error.cause !== undefined) return codeOf(error.cause);
  if (isErrno(error)) return error.code;
  return error instanceof AggregateError ? codeOf(error.errors[0]) : error.message;
}
