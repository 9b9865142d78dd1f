import type { EntityManager } from 'typeorm';
import type { Context } from '../context';
import { transact } from '../database/transaction';
import type { InventoryChange } from './inventory-change';

/** What a change of the inventory is done with. */
export interface InventoryTransaction {
  tx: EntityManager;
  /** Says what will have changed once the transaction is committed. */
  changed: (change: InventoryChange) => void;
}

export interface ChangeOptions {
  /** Do it all, with every check that the database makes, and take it back. */
  dryRun?: boolean;
}

/**
 * Changes the inventory in one transaction, and tells what changed after its commit: the one place from which that is told. A dry run
 * gives the same answer or refusal, and leaves neither a change nor an audit row.
 */
export async function changeInventory<T>(
  { db, changeFeed, loaders }: Pick<Context, 'db' | 'changeFeed' | 'loaders'>,
  work: (transaction: InventoryTransaction) => Promise<T>,
  { dryRun = false }: ChangeOptions = {},
): Promise<T> {
  let changes: InventoryChange[] = [];
  // What was read for a change before it, in the same document, may be so no more.
  loaders.clear();
  try {
    const result = await transact(db, async (tx) => {
      changes = [];
      const done = await work({ tx, changed: (change) => void changes.push(change) });
      if (dryRun) throw new TakenBack(done);
      return done;
    });
    changeFeed.publish(changes);
    return result;
  } catch (error) {
    if (error instanceof TakenBack) return error.result as T;
    throw error;
  }
}

/** Rolls a dry run back, and brings out what it came to. */
class TakenBack extends Error {
  constructor(readonly result: unknown) {
    super();
  }
}
