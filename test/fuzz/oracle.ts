import type { HostileRequest } from './requests';
import { CANARY, CREDENTIAL } from './values';

export interface HostileAnswer {
  status: number;
  headers: string;
  text: string;
  milliseconds: number;
}

/** All that a client may ever be refused with. */
const CODES = new Set([
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'CONFLICT',
  'FAILED_PRECONDITION',
  'FORBIDDEN',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'LIMIT_EXCEEDED',
  'NOT_ACCEPTABLE',
  'NOT_FOUND',
  'OPERATION_RESOLUTION_FAILURE',
  'PAYLOAD_TOO_LARGE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'RATE_LIMITED',
  'REGISTRY_LOCKED',
  'TOKEN_EXPIRED',
  'TOKEN_INVALID',
  'TOKEN_NOT_APPLICABLE',
  'TOKEN_REVOKED',
  'TOKEN_USED',
  'UNAUTHENTICATED',
  'UNSUPPORTED_MEDIA_TYPE',
]);

/** Generous: a busy machine must not look like a fault. */
const SLOWEST_MS = 5000;
/** An error of the longest name that a body can hold, several times. */
const LONGEST_REFUSAL = 1_000_000;

/** What is wrong with an answer; null: nothing. */
export function faultOf({ method }: HostileRequest, answer: HostileAnswer): string | null {
  const { status, headers, text, milliseconds } = answer;
  if (status >= 500) return `status ${status}: ${text.slice(0, 300)}`;
  if (milliseconds > SLOWEST_MS) return `an answer after ${milliseconds} ms`;
  if (method === 'HEAD') return null;
  const body = parsed(text);
  if (body === undefined) return `an answer that is no JSON: ${text.slice(0, 300)}`;
  const refusals = refusalsOf(body);
  const unknown = refusals.map(({ code }) => code).filter((code) => !CODES.has(String(code)));
  if (unknown.length > 0) return `an unknown code ${unknown.map(String).join()}: ${text.slice(0, 300)}`;
  if (status >= 400 && refusals.length === 0) return `status ${status} without a code: ${text.slice(0, 300)}`;
  const told = JSON.stringify(refusals.map(({ told: each }) => each));
  if (told.length > LONGEST_REFUSAL) return `a refusal of ${told.length} characters`;
  for (const canary of [CANARY, CREDENTIAL.slice(0, 16)])
    if (told.includes(canary) || headers.includes(canary)) return `${canary} repeated: ${told.slice(0, 500)}`;
  return null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The errors of an answer in either of the two forms that we have. */
function refusalsOf(body: unknown): { code: unknown; told: unknown }[] {
  const { errors, error } = (body ?? {}) as {
    errors?: { path?: unknown; extensions?: { code?: unknown } }[];
    error?: { code?: unknown };
  };
  // A path is made of the client's own aliases, by which it finds the place again.
  const ofGraphQL = (errors ?? []).map((told) => ({ code: told.extensions?.code, told: { ...told, path: undefined } }));
  return error === undefined ? ofGraphQL : [...ofGraphQL, { code: error.code, told: error }];
}
