import { eventually } from '../database/embedded/data-folders';
import type { TestDatabase } from './database';

/** Begins a transaction that holds what the statement locks, until the function that it resolves to is called. */
export async function hold(
  database: TestDatabase,
  statement: string,
  values: unknown[] = [],
): Promise<() => Promise<void>> {
  const holder = await database.connect();
  await holder.query('BEGIN');
  await holder.query(statement, values);
  return async () => void (await holder.query('ROLLBACK'));
}

/** Until so many statements wait for locks of others. */
export async function untilWaiting({ query }: TestDatabase, count: number): Promise<void> {
  await eventually(async () => {
    const rows = await query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rows.length === count;
  });
}
