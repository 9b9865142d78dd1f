import DataLoader from 'dataloader';
import { setTimeout as delay } from 'node:timers/promises';
import { createLine } from '../line';

/** A statement that takes longer than this is not waited for by others: it may never be answered. */
const LONGEST_WAIT_MS = 100;
/** Those that were waiting for one answer go on together, and hold up everybody else for that long. */
const MOST_AT_ONCE = 8;
/** Statements at a time: while none is answered, others than look-ups find connections, too. */
const MOST_RUNNING = 3;

/** Finds one row by its public id; null when there is none. Each call sees what was committed before it. */
export type LookUp<Row> = (publicId: string) => Promise<Row | null>;

/**
 * Look-ups that come while a statement runs wait for it and go together in the next one: a flood of unknown ids costs one
 * connection to the database, and each of them next to nothing.
 */
export function coalesced<Row extends { public_id: string }>(
  find: (publicIds: readonly string[]) => Promise<Row[]>,
): LookUp<Row> {
  let last: Promise<unknown> = Promise.resolve();
  const line = createLine(MOST_RUNNING);

  async function findAll(publicIds: readonly string[]): Promise<(Row | null)[]> {
    const finding = line(() => find(publicIds));
    last = finding.catch(() => undefined);
    const rows = new Map((await finding).map((row) => [row.public_id, row]));
    return publicIds.map((publicId) => rows.get(publicId) ?? null);
  }

  const loader = new DataLoader(findAll, {
    cache: false,
    maxBatchSize: MOST_AT_ONCE,
    batchScheduleFn: (dispatch) => void Promise.race([last, delay(LONGEST_WAIT_MS)]).then(dispatch),
  });
  return (publicId) => loader.load(publicId);
}
