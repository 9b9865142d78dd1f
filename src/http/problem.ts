import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Excess } from '../document/limit-exceeded';
import { BEARER, domainErrorOf, httpStatusOf, InvalidInput, UNFORESEEN } from '../errors';

/** What fastify itself refuses, before a route sees the request: our code and sentence for its code. */
const FASTIFY_REFUSALS: Record<string, { code: string; message: string }> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'UNSUPPORTED_MEDIA_TYPE', message: 'Send application/json.' },
  FST_ERR_BAD_URL: { code: 'BAD_REQUEST', message: 'The address is malformed.' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'BAD_REQUEST', message: 'The body is empty: send JSON.' },
};

/** What is told of an error on a plain HTTP route. */
export interface Problem extends Partial<Excess> {
  status: number;
  code: string;
  message: string;
  fields?: { path: string; message: string }[];
  retryAfterSeconds?: number;
}

/** What an error amounts to on plain HTTP. Messages of others, which may quote what was sent, are not passed on. */
export function problemOf(error: unknown, request?: FastifyRequest): Problem {
  const refusal = domainErrorOf(error);
  if (refusal) {
    const { retryAfterSeconds } = refusal.details;
    return {
      status: httpStatusOf(refusal),
      code: refusal.code,
      message: refusal.message,
      ...(refusal instanceof InvalidInput && { fields: refusal.fields }),
      ...(typeof retryAfterSeconds === 'number' && { retryAfterSeconds }),
    };
  }
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE' && request) return bodyTooLarge(request);
  const known = FASTIFY_REFUSALS[code ?? ''];
  if (known && statusCode) return { status: statusCode, ...known };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return { status: statusCode, code: 'BAD_REQUEST', message: 'The request is malformed: send JSON.' };
  return { status: 500, ...UNFORESEEN };
}

/** How long the body is, is known where its sender has said so. */
function bodyTooLarge({ headers, routeOptions }: FastifyRequest): Problem {
  const limit = 'limits.body';
  const bound = routeOptions.bodyLimit ?? 0;
  const measure = Number(headers['content-length']);
  return {
    status: 413,
    code: 'PAYLOAD_TOO_LARGE',
    message: `The body has more bytes than ${limit} allows: ${bound}.`,
    limit,
    bound,
    ...(measure > bound && { measure }),
  };
}

/** Answers with a problem, as `{"error": {…}}`. */
export async function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): Promise<void> {
  const { status, retryAfterSeconds, ...told } = problem;
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  if (status === 401) reply.header('www-authenticate', BEARER);
  await reply.code(status).send({ error: { ...told, request_id: request.id } });
}
