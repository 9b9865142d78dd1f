import type { EntityManager } from 'typeorm';
import { isDeadlock } from './constraint';

const MOST_ATTEMPTS = 5;

/**
 * Does the work in a transaction. One that PostgreSQL ended because it and others waited for each other, as two that swap their names
 * do, has changed nothing and is tried again: the work may run more than once.
 */
export async function transact<T>(db: EntityManager, work: (tx: EntityManager) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction(work);
    } catch (error) {
      if (attempt === MOST_ATTEMPTS || !isDeadlock(error)) throw error;
    }
  }
}
