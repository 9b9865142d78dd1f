import { ServerResponse, type IncomingMessage } from 'node:http';

const HSTS = 'strict-transport-security';
const A_YEAR_SECONDS = 31_536_000;

/** What every answer bears, unless its route says otherwise: browsers load nothing by it, show it in no frame, and guess nothing. */
export function secureHeaders(overTls: boolean): Record<string, string> {
  return {
    'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    ...(overTls && { [HSTS]: `max-age=${A_YEAR_SECONDS}` }),
  };
}

/** The class of answers that have these headers from the first: also those that Node and fastify give before any hook of ours. */
export function answersWith(headers: Record<string, string>): typeof ServerResponse {
  return class<Request extends IncomingMessage> extends ServerResponse<Request> {
    constructor(request: Request) {
      super(request);
      for (const [name, value] of Object.entries(headers))
        if (name !== HSTS || !isLocalhost(request)) this.setHeader(name, value);
    }
  };
}

/** It stands for another program on each port: what one of them promises would hold for all. */
function isLocalhost({ headers }: IncomingMessage): boolean {
  return /^localhost(?::\d+)?$/i.test(headers.host ?? '');
}
