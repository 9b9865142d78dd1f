import type { EntityManager } from 'typeorm';
import { isPendingSql } from './registration-request';

/** How many requests wait for a decision. */
export async function countPending(db: EntityManager): Promise<number> {
  const [row] = await db.query<{ count: number }[]>(
    `SELECT count(*)::int AS count FROM registration_request AS request WHERE ${isPendingSql('request')}`,
  );
  return row!.count;
}
