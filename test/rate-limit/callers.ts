import { randomUUID } from 'node:crypto';
import type { Answer } from '../support/client';

/** An answer to any route. */
export interface Told extends Pick<Answer, 'status' | 'headers' | 'text'> {
  /** Of the error, or null. */
  code: string | null;
}

/** Somebody who calls from an address, as far as the server believes the proxy that says so. */
export interface Caller {
  graphql: (query: string, variables?: Record<string, unknown>, headers?: Record<string, string>) => Promise<Told>;
  /** By GraphQL. */
  register: (token: string, input?: Record<string, unknown>) => Promise<Told>;
  /** By POST /api/v1/register. */
  registerPlainly: (token: unknown, body?: Record<string, unknown>) => Promise<Told>;
  withKey: (key: string) => Promise<Told>;
  get: (path: string, headers?: Record<string, string>) => Promise<Told>;
}

const REGISTER = `mutation ($input: RegisterAgentInput!) { registerAgent(input: $input) { agentId } }`;

export function callerFrom(url: string, address: string): Caller {
  async function call(path: string, body: unknown, more: Record<string, string> = {}): Promise<Told> {
    const response = await fetch(url + path, {
      headers: { 'x-forwarded-for': address, 'content-type': 'application/json', ...more },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, code: codeOf(text) };
  }
  const graphql: Caller['graphql'] = (query, variables, headers) => call('/graphql', { query, variables }, headers);
  return {
    graphql,
    register: (token, input) =>
      graphql(REGISTER, { input: { token, node: { name: `node-${randomUUID()}` }, ...input } }),
    registerPlainly: (token, body) => call('/api/v1/register', { token, hostname: `node-${randomUUID()}`, ...body }),
    withKey: (key) => graphql('{ caller { role } }', {}, { authorization: `Bearer ${key}` }),
    get: (path, headers) => call(path, undefined, headers),
  };
}

function codeOf(text: string): string | null {
  try {
    const { error, errors } = JSON.parse(text) as {
      error?: { code: string };
      errors?: { extensions: { code: string } }[];
    };
    return error?.code ?? errors?.[0]?.extensions.code ?? null;
  } catch {
    return null;
  }
}

/** All that is told, but for what is another each time by its nature: the time, ids, and how many seconds are left. */
export function shapeOf({ status, headers, text }: Pick<Told, 'status' | 'headers' | 'text'>): unknown {
  const body = text
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
    .replaceAll(/\b\d+(?= s\.|[,}])/g, 'N');
  const told = [...headers].filter(
    ([name]) => !['date', 'x-request-id', 'retry-after', 'content-length'].includes(name),
  );
  return { status, headers: [...told, ['retry-after', headers.has('retry-after')]], body };
}
