import { request } from 'undici';
import type { TestServer } from '../support/server';
import type { Group } from './scene';

export const PATH = '/api/v1/prometheus/sd';

export interface Asking {
  /** Another than the test's own. */
  at?: TestServer;
  method?: 'GET' | 'HEAD';
  headers?: Record<string, string>;
}

/** Asks as a viewer unless said, exactly as told: fetch would ask for compression by itself. */
export async function askFor(at: TestServer, query: string, { method = 'GET', headers = {} }: Asking = {}) {
  const answer = await request(`${at.url}${PATH}${query}`, {
    method,
    headers: { authorization: `Bearer ${at.keys.VIEWER}`, ...headers },
  });
  const text = await answer.body.text();
  const { 'www-authenticate': challenge, etag, ...others } = answer.headers as Record<string, string>;
  return { status: answer.statusCode, headers: others, challenge, etag, text };
}

/** The groups that are told to a viewer. */
export async function targetsOf(at: TestServer, query = ''): Promise<Group[]> {
  const { status, text } = await askFor(at, query);
  expect(status).toBe(200);
  return JSON.parse(text) as Group[];
}
