import DataLoader from 'dataloader';
import { setTimeout as delay } from 'node:timers/promises';

/** A statement that takes longer than this is not waited for by others: it may never be answered. */
export const LONGEST_WAIT_MS = 100;
const MOST_AT_ONCE = 1000;
/** Statements at a time: when none is answered, others than look-ups find connections, too. */
const MOST_RUNNING = 3;

const nothing = () => undefined;

/** Finds one row by its public id; null when there is none. Each call sees what was committed before it. */
export type LookUp<Row> = (publicId: string) => Promise<Row | null>;

/**
 * Look-ups that come while a statement runs wait for it and go together in the next one: a flood of unknown ids costs one
 * connection to the database, and each of them next to nothing.
 */
export function coalesced<Row extends { public_id: string }>(
  find: (publicIds: readonly string[]) => Promise<Row[]>,
): LookUp<Row> {
  const running = new Set<Promise<unknown>>();

  async function findAll(publicIds: readonly string[]): Promise<(Row | null)[]> {
    const finding = find(publicIds);
    const ended = finding.then(nothing, nothing);
    running.add(ended);
    void ended.then(() => running.delete(ended));
    const rows = new Map((await finding).map((row) => [row.public_id, row]));
    return publicIds.map((publicId) => rows.get(publicId) ?? null);
  }

  async function turn(): Promise<void> {
    if (running.size === 0) return;
    await Promise.race([Promise.all(running), delay(LONGEST_WAIT_MS)]);
    while (running.size >= MOST_RUNNING) await Promise.race(running);
  }

  const loader = new DataLoader(findAll, {
    cache: false,
    maxBatchSize: MOST_AT_ONCE,
    batchScheduleFn: (dispatch) => void turn().then(dispatch),
  });
  return (publicId) => loader.load(publicId);
}
