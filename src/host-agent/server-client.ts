import { Agent, request, type Dispatcher } from 'undici';
import { z } from 'zod';
import { quotable } from '../safe-text';
import { networkFault, ServerFault } from './server-fault';
import { resolveTrust, type TrustSettings } from './tls-trust';

/** Calls one Rollcall server. */
export interface ServerClient {
  /**
   * The answer to one GraphQL operation. With a key, as its bearer. Throws ServerFault; when the signal ends the call, too.
   * Throws AgentFailure when the certificates of the configuration cannot be used.
   */
  call<T>(operation: Operation<T>, signal: AbortSignal, key?: string): Promise<T>;
  close(): Promise<void>;
}

/** A GraphQL document, with one input variable or none, and the shape of its data. */
export interface Operation<T> {
  query: string;
  input?: Record<string, unknown>;
  answer: z.ZodType<T>;
}

/** An id in an answer. It is shown to people. */
export const idSchema = z.string().regex(/^[0-9A-Za-z-]{1,64}$/);

const REQUEST_DEADLINE = 10_000;
const LARGEST_ANSWER = 1024 * 1024;
const FOREIGN = 'what answers there is not a Rollcall server';

/** A client for the server of the configuration. Connects at the first call. */
export function makeServerClient(settings: TrustSettings): ServerClient {
  let connecting: Promise<Agent> | undefined;
  return {
    async call(operation, signal, key) {
      // A pinned CA is looked up once; when that failed, at the next call again.
      connecting ??= openAgent(settings, signal).catch((error: unknown) => {
        connecting = undefined;
        throw error;
      });
      const { statusCode, headers, text } = await post(settings.apiUrl, await connecting, operation, signal, key);
      return readAnswer(operation, statusCode, headers['retry-after'], text);
    },
    async close() {
      const agent = await connecting?.catch(() => undefined);
      await agent?.destroy();
    },
  };
}

async function openAgent(settings: TrustSettings, signal: AbortSignal): Promise<Agent> {
  const connect = {
    timeout: REQUEST_DEADLINE,
    ...(settings.apiUrl.startsWith('https:') && (await resolveTrust(settings, signal))),
  };
  return new Agent({ connect, maxResponseSize: LARGEST_ANSWER });
}

interface Answer {
  statusCode: number;
  headers: Dispatcher.ResponseData['headers'];
  text: string;
}

async function post(
  apiUrl: string,
  dispatcher: Agent,
  { query, input }: Operation<unknown>,
  signal: AbortSignal,
  key?: string,
): Promise<Answer> {
  // Not AbortSignal.any: on Node 20 every call would leave something behind on the signal that lives as long as the process.
  const deadline = new AbortController();
  const stop = (): void => deadline.abort();
  const timer = setTimeout(stop, REQUEST_DEADLINE);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const { statusCode, headers, body } = await request(`${apiUrl}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(key && { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify({ query, variables: { input } }),
      dispatcher,
      signal: deadline.signal,
    });
    return { statusCode, headers, text: await body.text() };
  } catch (error) {
    throw deadline.signal.aborted ? new ServerFault('unreachable', 'it does not answer in time') : networkFault(error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** What is odd in the extras is passed over; the code alone decides. */
const refusalSchema = z.object({
  message: z.string(),
  extensions: z.object({
    code: z.string(),
    reason: z.string().optional().catch(undefined),
    retryAfterSeconds: z.number().optional().catch(undefined),
    fields: z.array(z.object({ path: z.string(), message: z.string() })).catch([]),
  }),
});
const refusedSchema = z.object({ errors: z.tuple([refusalSchema], z.unknown()) });

function readAnswer<T>(
  { answer }: Operation<T>,
  status: number,
  retryAfter: string | string[] | undefined,
  text: string,
): T {
  const body = parseJson(text);
  const refused = refusedSchema.safeParse(body);
  if (refused.success) throw refusalOf(refused.data.errors[0]);
  const data = z.object({ data: answer }).safeParse(body);
  if (data.success) return data.data.data;
  // A proxy before the server says by its status alone that the server is away.
  if ([429, 502, 503, 504].includes(status)) {
    const refusal = { code: 'UNAVAILABLE', retryAfterSeconds: Number(retryAfter) || undefined };
    throw new ServerFault('refused', `it is not available (HTTP ${status})`, refusal);
  }
  throw new ServerFault('foreign', `${FOREIGN} (HTTP ${status})`);
}

function refusalOf({ message, extensions }: z.infer<typeof refusalSchema>): ServerFault {
  // The message may tell them already.
  const untold = extensions.fields.filter((field) => !message.includes(field.message));
  const fields = untold.map((field) => `${field.path}: ${field.message}`);
  const text = [message, ...fields].map((part) => part.replace(/[.:]$/, '')).join('; ');
  return new ServerFault('refused', quotable(text), extensions);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
