import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { Server } from 'node:net';

/** One call as it came in. */
export interface ReceivedCall {
  url: string;
  authorization: string | undefined;
  operation: string;
  input: Record<string, unknown>;
  /** All that was sent: the headers and the body. */
  text: string;
}

/** How to answer a call; a script without further steps repeats its last one. */
export type Step = (response: ServerResponse, call: ReceivedCall) => void;

/** Operations that are answered by steps of their own, whenever they come. */
export type Asides = Record<string, Step[]>;

/** A server that speaks the contract as far as a script says. */
export interface ScriptedServer {
  url: string;
  port: number;
  calls: ReceivedCall[];
  /** Those that have steps of their own. */
  asides: ReceivedCall[];
  close(): Promise<void>;
}

/**
 * Answers the calls one after the other by the steps. With TLS options, over https. A question for the life of a key is no step:
 * unless the asides say otherwise, the key has no end.
 */
export async function startScriptedServer(
  steps: Step[],
  { tls, asides = {} }: { tls?: ServerOptions; asides?: Asides } = {},
): Promise<ScriptedServer> {
  const scripts: Asides = { caller: [keyLife(null)], ...asides };
  const calls: ReceivedCall[] = [];
  const besides: ReceivedCall[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = await receive(request);
    const own = scripts[call.operation];
    (own ? besides : calls).push(call);
    const script = own ?? steps;
    const count = own ? besides.filter(({ operation }) => operation === call.operation).length : calls.length;
    script[Math.min(count, script.length) - 1]?.(response, call);
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
    asides: besides,
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
  const { query, variables }: { query: string; variables: { input?: Record<string, unknown> } } = JSON.parse(text);
  return {
    url: request.url ?? '',
    authorization: request.headers.authorization,
    operation: /\{\s*(\w+)/.exec(query)?.[1] ?? '',
    input: variables.input ?? {},
    text: [...request.rawHeaders, text].join('\n'),
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

/** When a scripted server thinks it is, unless a script says otherwise. */
export const SERVER_TIME = '2026-01-01T00:00:00.000Z';

/** Answers syncs. */
export function synced(syncAfterSeconds = 15, generation = 1, serverTime = SERVER_TIME): Step {
  return data({ syncAgent: { syncAfterSeconds, generation, serverTime } });
}

/** Answers the question for the life of a key. */
export function keyLife(expiresAt: string | null, createdAt = SERVER_TIME, id = KEY_ID): Step {
  return data({ caller: { apiKey: { id, createdAt, expiresAt } } });
}

/** The id of every key that a script does not say it of. */
export const KEY_ID = '0190d5f0-0000-7000-8000-00000000000a';

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
