import DataLoader from 'dataloader';
import type { EntityManager } from 'typeorm';
import type { Context } from './context';

/** What a loader needs of the request. */
export type LoaderContext = Pick<Context, 'db' | 'loaders' | 'overdue'>;

/**
 * The loader of this request under `key`, made when it is first asked for. `batch` gets all keys of one tick and gives a map of
 * what was found; what it lacks is null. Nothing is read any more once the answer is overdue.
 */
export function loader<Key, Value>(
  context: LoaderContext,
  key: unknown,
  batch: (db: EntityManager, keys: readonly Key[]) => Promise<Map<Key, Value>>,
): DataLoader<Key, Value | null> {
  const existing = context.loaders.get(key) as DataLoader<Key, Value | null> | undefined;
  if (existing) return existing;
  const made = new DataLoader<Key, Value | null>(async (keys) => {
    context.overdue.throwIfAborted();
    const found = await batch(context.db, keys);
    return keys.map((wanted) => found.get(wanted) ?? null);
  });
  context.loaders.set(key, made);
  return made;
}
