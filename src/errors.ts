import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { unwrapResolverError } from '@apollo/server/errors';
import { isDatabaseUnavailable } from './database/unavailable';
import { isUnstorable } from './database/constraint';
import { withoutInput } from './redaction';

/** What is wrong with one part of an input: its path, such as `node.name`, and what to do. Never the value. */
export interface FieldFault {
  path: string;
  message: string;
}

/** A refusal that clients may rely on: a stable code, a sentence for people, and what else the code promises. */
export class DomainError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly details: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

export class InvalidInput extends DomainError {
  constructor(readonly fields: FieldFault[]) {
    super('BAD_USER_INPUT', fields.map(({ path, message }) => `${path}: ${message}`).join(' '), { fields });
  }
}

/** `reason` is told only to whoever presented the right secret. */
export class Unauthenticated extends DomainError {
  constructor(message: string, reason?: string) {
    super('UNAUTHENTICATED', message, reason === undefined ? {} : { reason });
  }
}

export class Forbidden extends DomainError {
  constructor(message: string) {
    super('FORBIDDEN', message);
  }
}

/** `path` names the field that names it, where an input has several such. */
export class NotFound extends DomainError {
  constructor(what: string, path?: string) {
    const message = `There is no such ${what}.`;
    super('NOT_FOUND', message, fieldsOf(message, path));
  }
}

/** `path` names the field that is in conflict, where it is one of an input. */
export class Conflict extends DomainError {
  constructor(message: string, path?: string) {
    super('CONFLICT', message, fieldsOf(message, path));
  }
}

function fieldsOf(message: string, path: string | undefined): { fields?: FieldFault[] } {
  return path === undefined ? {} : { fields: [{ path, message }] };
}

/** `path` names the field that does not go with the rest, where it is one of an input. */
export class FailedPrecondition extends DomainError {
  constructor(message: string, details: Record<string, unknown> = {}, path?: string) {
    super('FAILED_PRECONDITION', message, { ...details, ...fieldsOf(message, path) });
  }
}

export class RateLimited extends DomainError {
  /** `reason` is for who has to tell this from too many attempts. */
  constructor(
    readonly retryAfterSeconds: number,
    what = 'Too many attempts.',
    reason?: string,
  ) {
    const message = `${what} Try again in ${retryAfterSeconds} s.`;
    super('RATE_LIMITED', message, { retryAfterSeconds, ...(reason !== undefined && { reason }) });
  }
}

const UNAVAILABLE_SECONDS = 5;

/** `cause` is what the database or its driver said, for the log. */
export class Unavailable extends DomainError {
  constructor(cause?: unknown) {
    super('UNAVAILABLE', `The database does not answer. Try again in ${UNAVAILABLE_SECONDS} s.`, {
      retryAfterSeconds: UNAVAILABLE_SECONDS,
    });
    this.cause = cause;
  }
}

/** HTTP statuses of the plain routes, by code. */
const HTTP_STATUS: Record<string, number> = {
  BAD_REQUEST: 400,
  BAD_USER_INPUT: 400,
  LIMIT_EXCEEDED: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  NOT_ACCEPTABLE: 406,
  CONFLICT: 409,
  FAILED_PRECONDITION: 400,
  RATE_LIMITED: 429,
  UNAVAILABLE: 503,
  TOKEN_INVALID: 401,
  TOKEN_NOT_APPLICABLE: 403,
  TOKEN_USED: 410,
  TOKEN_EXPIRED: 410,
  TOKEN_REVOKED: 410,
  REGISTRY_LOCKED: 423,
};

/** Every code that a refusal of ours may have. */
export const REFUSAL_CODES = Object.keys(HTTP_STATUS);

export function httpStatusOf(error: DomainError): number {
  return HTTP_STATUS[error.code] ?? 500;
}

/** The refusal that an error amounts to; null for what nobody foresaw, which must be logged and masked. */
export function domainErrorOf(error: unknown): DomainError | null {
  if (error instanceof DomainError) return error;
  if (isDatabaseUnavailable(error)) return new Unavailable(error);
  if (isUnstorable(error))
    return new InvalidInput([
      { path: 'input', message: 'A value cannot be stored: text without NUL characters, instants that exist.' },
    ]);
  return null;
}

/** How a caller proves itself, for the header WWW-Authenticate. */
export const BEARER = 'Bearer realm="rollcall"';

/**
 * The GraphQL error of a refusal that ends a whole request, such as a credential that is not good.
 * Inside an execution throw the DomainError itself.
 */
export function requestError(error: DomainError): GraphQLError {
  const headers = new Map<string, string>();
  if (error.code === 'UNAUTHENTICATED') headers.set('www-authenticate', BEARER);
  const { retryAfterSeconds } = error.details;
  if (typeof retryAfterSeconds === 'number') headers.set('retry-after', String(retryAfterSeconds));
  const http = { status: httpStatusOf(error), headers: headers as never };
  return new GraphQLError(error.message, { originalError: error, extensions: { code: error.code, http } });
}

/** What is told of an error that nobody foresaw; the log has the rest. */
export const UNFORESEEN = {
  code: 'INTERNAL_SERVER_ERROR',
  message: 'Something went wrong here. The log of the server has it under the request id.',
};

/** Apollo's `formatError`: refusals keep code and message, the library's own errors lose what was sent, the rest is masked. */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const original = unwrapResolverError(error);
  // What ended the whole request has no path, and is not unwrapped by Apollo.
  const refusal = domainErrorOf(original instanceof GraphQLError ? original.originalError : original);
  if (refusal) return outgoing(formatted, refusal.message, { ...refusal.details, code: refusal.code });
  if (original instanceof GraphQLError) return withoutInput(formatted);
  return outgoing(formatted, UNFORESEEN.message, { code: UNFORESEEN.code });
}

function outgoing(formatted: GraphQLFormattedError, message: string, extensions: Record<string, unknown>) {
  const { locations, path } = formatted;
  return { message, ...(locations && { locations }), ...(path && { path }), extensions };
}
