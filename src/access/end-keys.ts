import type { EntityManager } from 'typeorm';
import type { KeyEnd } from './api-key';
import { announce } from './key-announcement';

/** What picks the keys to end: one of them, all of some agents, or the ones that the server made for itself. */
export type KeyChoice = { id: string } | { agent_id: string[] } | { bootstrap: true };

/**
 * Ends the chosen keys that are not ended yet. Gives the public ids of those that this call has ended, for
 * the caller to evict from its own cache after the commit; other servers are told by the commit itself.
 */
export async function endKeys(tx: EntityManager, choice: KeyChoice, endedBy: KeyEnd): Promise<string[]> {
  const [[column, value]] = Object.entries(choice) as [[string, string | string[] | boolean]];
  const [rows] = await tx.query<[{ public_id: string }[], number]>(
    `UPDATE api_key SET revoked_at = clock_timestamp(), ended_by = $2
     WHERE ${column} = ${Array.isArray(value) ? 'ANY ($1::uuid[])' : '$1'} AND revoked_at IS NULL RETURNING public_id`,
    [value, endedBy],
  );
  const ended = rows.map(({ public_id }) => public_id);
  await announce(tx, ended);
  return ended;
}
