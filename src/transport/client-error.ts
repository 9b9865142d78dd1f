import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

/** What is answered to what is no request, by the code that Node's HTTP parser or its clock gave. */
const ANSWERS: Record<string, { status: number; code: string; message: string }> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, code: 'REQUEST_TIMEOUT', message: 'The request did not come in time.' },
  HPE_HEADER_OVERFLOW: { status: 431, code: 'HEADERS_TOO_LARGE', message: 'The headers are too large.' },
};
const MALFORMED = { status: 400, code: 'BAD_REQUEST', message: 'This is not a request in HTTP/1.1.' };

/**
 * Makes the listener for 'clientError': answers whoever spoke HTTP, and closes the connection. Without an answer where a former request of
 * the connection waits for its own, which this would be taken for.
 */
export function clientErrorAnswer(
  headers: Record<string, string>,
  awaitsAnswer: (socket: Socket) => boolean,
): (error: Error, socket: Socket) => void {
  return (error, socket) => {
    const { code = '' } = error as NodeJS.ErrnoException;
    const answer = ANSWERS[code] ?? (code.startsWith('HPE_') ? MALFORMED : null);
    // Anything else, such as a TLS handshake that failed, is nothing to answer.
    if (answer !== null && socket.writable && !awaitsAnswer(socket)) socket.write(textOf(answer, headers));
    socket.destroy();
  };
}

function textOf({ status, ...error }: typeof MALFORMED, headers: Record<string, string>): string {
  const body = JSON.stringify({ error });
  const all = {
    ...headers,
    connection: 'close',
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n');
}
