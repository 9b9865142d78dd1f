import { Pool } from 'undici';

/** Sends a GraphQL operation over kept connections; fails when the answer has errors. */
export type Post = (body: string, key?: string) => Promise<{ data: Record<string, never> }>;

export function poster(url: string, connections: number): { post: Post; close: () => Promise<void> } {
  const pool = new Pool(new URL(url).origin, { connections });
  const post: Post = async (body, key) => {
    const { statusCode, body: answer } = await pool.request({
      path: '/graphql',
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key !== undefined && { authorization: `Bearer ${key}` }) },
      body,
    });
    const parsed = (await answer.json()) as { data: Record<string, never>; errors?: unknown };
    if (statusCode !== 200 || parsed.errors) throw new Error(`${statusCode} ${JSON.stringify(parsed.errors)}`);
    return parsed;
  };
  return { post, close: () => pool.close() };
}
