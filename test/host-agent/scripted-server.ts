import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { Server } from 'node:net';

/** One call as it came in. */
export interface ReceivedCall {
  url: string;
  authorization: string | undefined;
  operation: string;
  input: Record<string, unknown>;
}

/** How to answer a call; a script without further steps repeats its last one. */
export type Step = (response: ServerResponse, call: ReceivedCall) => void;

/** A server that speaks the contract as far as a script says. */
export interface ScriptedServer {
  url: string;
  port: number;
  calls: ReceivedCall[];
  close(): Promise<void>;
}

/** Answers the calls one after the other by the steps. With TLS options, over https. */
export async function startScriptedServer(steps: Step[], tls?: ServerOptions): Promise<ScriptedServer> {
  const calls: ReceivedCall[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = await receive(request);
    calls.push(call);
    steps[Math.min(calls.length, steps.length) - 1]?.(response, call);
  };
  const listener: RequestListener = (request, response) => {
    void answer(request, response);
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  const port = await listenLocally(server);
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Listens on a free port of the loopback address, and tells which. */
export async function listenLocally(server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('It does not listen on a port.');
  return address.port;
}

async function receive(request: IncomingMessage): Promise<ReceivedCall> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const body: { query: string; variables: { input: Record<string, unknown> } } = JSON.parse(text);
  const { query, variables } = body;
  return {
    url: request.url ?? '',
    authorization: request.headers.authorization,
    operation: /\w+(?=\(input)/.exec(query.slice(query.indexOf('{')))?.[0] ?? '',
    input: variables.input,
  };
}

/** Answers with data. */
export function data(value: unknown): Step {
  return (response) => send(response, 200, { data: value });
}

/** Answers with one GraphQL error. */
export function refusal(code: string, extras: object = {}, message = 'No.'): Step {
  const status = code === 'UNAUTHENTICATED' ? 401 : 200;
  return (response) => send(response, status, { data: null, errors: [{ message, extensions: { code, ...extras } }] });
}

/** Answers with something that no Rollcall server says. */
export function page(status: number, text = '<html>proxy</html>', headers: Record<string, string> = {}): Step {
  return (response) => void response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(text);
}

/** Takes the call and breaks the connection: the answer is lost. */
export const lost: Step = (response) => void response.destroy();

/** Answers syncs. */
export function synced(syncAfterSeconds = 15, generation = 1): Step {
  return data({ syncAgent: { syncAfterSeconds, generation } });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
