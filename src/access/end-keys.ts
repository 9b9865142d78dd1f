import type { EntityManager } from 'typeorm';
import type { KeyEnd } from './api-key';

/** What picks the keys to end: one of them, all of an agent, or the ones that the server made for itself. */
export type KeyChoice = { id: string } | { agent_id: string } | { bootstrap: true };

/**
 * Ends the chosen keys that are not ended yet. Gives the public ids of those that this call has ended. All keys that are ended
 * are ended here, so that what must follow is not forgotten anywhere.
 */
export async function endKeys(tx: EntityManager, choice: KeyChoice, endedBy: KeyEnd): Promise<string[]> {
  const [[column, value]] = Object.entries(choice) as [[string, string | boolean]];
  const [rows] = await tx.query<[{ public_id: string }[], number]>(
    `UPDATE api_key SET revoked_at = clock_timestamp(), ended_by = $2
     WHERE ${column} = $1 AND revoked_at IS NULL RETURNING public_id`,
    [value, endedBy],
  );
  return rows.map(({ public_id }) => public_id);
}
