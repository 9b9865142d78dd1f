import type { FastifyInstance, FastifyReply } from 'fastify';

const ALLOWED_HEADERS = 'authorization, content-type, apollo-require-preflight';
const EXPOSED_HEADERS = 'x-request-id, retry-after, www-authenticate';
const PREFLIGHT_GOOD_SECONDS = '600';

/**
 * Lets scripts of exactly these origins read answers (https://fetch.spec.whatwg.org/#http-cors-protocol). Without any, nothing is said of CORS, and browsers keep
 * all others out. Credentials that browsers add by themselves are never let in: a key is in a header that the script sets.
 */
export function allowOrigins(app: FastifyInstance, origins: string[]): void {
  if (origins.length === 0) return;
  app.addHook('onRequest', async ({ method, headers }, reply) => {
    if (headers.origin === undefined || !origins.includes(headers.origin)) return;
    reply.header('access-control-allow-origin', headers.origin);
    reply.header('access-control-expose-headers', EXPOSED_HEADERS);
    if (method === 'OPTIONS' && 'access-control-request-method' in headers) await answerPreflight(reply);
  });
  // Routes have a Vary of their own. Whoever has no origin, or another, is answered differently, too.
  app.addHook('onSend', async (_, reply) => {
    const varies = reply.getHeader('vary');
    reply.header('vary', varies === undefined ? 'origin' : `${String(varies)}, origin`);
  });
}

function answerPreflight(reply: FastifyReply): FastifyReply {
  return reply
    .headers({
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': ALLOWED_HEADERS,
      'access-control-max-age': PREFLIGHT_GOOD_SECONDS,
    })
    .code(204)
    .send();
}
