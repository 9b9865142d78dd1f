import type { Connection } from './connection';
import { answerFailure, foreignFailure, transportFailure, type AnswerError } from './server-failure';

/** Asks one server. */
export interface Client {
  url: string;
  /** The certificates, in PEM, by which the server is trusted; null: those that Node trusts. */
  ca: string | null;
  /** The data of a query or mutation; throws a CommandFailure. */
  ask<Data>(document: string, variables?: Record<string, unknown>): Promise<Data>;
}

interface Answer<Data> {
  data?: Data | null;
  errors?: AnswerError[];
}

export function connect({ url, key, ca, timeoutSeconds }: Connection): Client {
  return {
    url,
    ca,
    async ask<Data>(document: string, variables: Record<string, unknown> = {}): Promise<Data> {
      const { status, text, requestId } = await post(JSON.stringify({ query: document, variables }));
      const answer = parseAnswer<Data>(text);
      if (answer?.errors?.[0]) throw answerFailure(answer.errors[0], requestId);
      if (!answer?.data) throw foreignFailure(url, status, requestId);
      return answer.data;
    },
  };

  async function post(body: string): Promise<{ status: number; text: string; requestId: string | undefined }> {
    // Loaded here: help, faulty usage and missing keys need no HTTP.
    const { Agent, fetch } = await import('undici');
    const dispatcher = new Agent({
      connect: {
        timeout: timeoutSeconds * 1000,
        // Said aloud, because NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would otherwise switch verification off.
        rejectUnauthorized: true,
        ...(ca !== null && { ca }),
      },
    });
    try {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', accept: 'application/json' },
        body,
        // A redirect would turn the POST into a GET, or carry the key elsewhere.
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutSeconds * 1000),
        dispatcher,
      });
      const requestId = response.headers.get('x-request-id') ?? undefined;
      return { status: response.status, text: await response.text(), requestId };
    } catch (error) {
      throw transportFailure(error, url, timeoutSeconds);
    } finally {
      await dispatcher.destroy();
    }
  }
}

function parseAnswer<Data>(text: string): Answer<Data> | null {
  try {
    const answer: unknown = JSON.parse(text);
    return isAnswer<Data>(answer) ? answer : null;
  } catch {
    return null;
  }
}

/** The server checked the data against its schema; only the envelope could be of something else. */
function isAnswer<Data>(answer: unknown): answer is Answer<Data> {
  if (typeof answer !== 'object' || answer === null) return false;
  if ('errors' in answer && answer.errors !== undefined)
    return Array.isArray(answer.errors) && answer.errors.every(isAnswerError);
  return 'data' in answer && typeof answer.data === 'object';
}

function isAnswerError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
}
