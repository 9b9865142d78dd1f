import { ServerResponse, type IncomingMessage } from 'node:http';

const A_YEAR_SECONDS = 31_536_000;

/** What every answer bears, unless its route says otherwise: browsers load nothing by it, show it in no frame, and guess nothing. */
export function secureHeaders(overTls: boolean): Record<string, string> {
  return {
    'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    ...(overTls && { 'strict-transport-security': `max-age=${A_YEAR_SECONDS}` }),
  };
}

/** The class of answers that have these headers from the first: also those that Node and fastify give before any hook of ours. */
export function answersWith(headers: Record<string, string>): typeof ServerResponse {
  return class<Request extends IncomingMessage> extends ServerResponse<Request> {
    constructor(request: Request) {
      super(request);
      for (const [name, value] of Object.entries(headers)) this.setHeader(name, value);
    }
  };
}
