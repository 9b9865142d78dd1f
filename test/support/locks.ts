import { eventually } from '../database/embedded/data-folders';
import type { TestDatabase } from './database';

/** Until so many statements wait for locks of others. */
export async function untilWaiting({ query }: TestDatabase, count: number): Promise<void> {
  await eventually(async () => {
    const rows = await query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rows.length === count;
  });
}
