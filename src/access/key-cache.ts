import type { KeyRow } from './authentication';

/** What the database said of a key, and for how long that may be believed. */
interface Entry {
  row: KeyRow;
  /** By the monotonic clock, in ms. */
  storedAt: number;
  /** When the key ends by itself; null: never. */
  endsAt: number | null;
}

/** Keys that were good when they were looked up. Nothing is remembered of those that were not. */
export interface KeyCache {
  /**
   * The row of a key: remembered, or looked up and remembered for a while. Null when there is none. What is remembered answers
   * only for the right secret: a wrong one costs a look-up, as an unknown key does, so that the time does not tell them apart.
   */
  find(
    publicId: string,
    isRight: (row: KeyRow) => boolean,
    lookUp: () => Promise<KeyRow | null>,
  ): Promise<KeyRow | null>;
  /** Whether the key was good when it was last looked up, however long ago. No answer may depend on it. */
  wasGood(publicId: string, isRight: (row: KeyRow) => boolean): boolean;
  /** Forgets keys that have changed; a look-up that was begun before is not remembered either. */
  evict(publicIds: readonly string[]): void;
  evictAll(): void;
  /** How many keys it remembers, and how often one was found so, or not. */
  use(): { entries: number; hits: number; misses: number };
}

/** While this server is told of every change, and while it may not be. */
const TOLD_MS = 60_000;
const UNTOLD_MS = 5_000;
const MOST_ENTRIES = 200_000;

/** A cache that trusts an entry for a minute while `isTold` says that changes arrive, and for 5 s while they may not. */
export function createKeyCache(isTold: () => boolean): KeyCache {
  const entries = new Map<string, Entry>();
  // Raised by every eviction: what a look-up that began in an older epoch has read may be what the eviction was about.
  let epoch = 0;
  // What was stored before answers no more.
  let emptiedAt = -Infinity;
  let [hits, misses] = [0, 0];

  function remembered(publicId: string): KeyRow | null {
    const entry = entries.get(publicId);
    if (!entry) return null;
    const now = performance.now();
    const fresh =
      entry.storedAt > emptiedAt &&
      now - entry.storedAt < (isTold() ? TOLD_MS : UNTOLD_MS) &&
      (entry.endsAt === null || now < entry.endsAt);
    return fresh ? entry.row : null;
  }

  function remember(publicId: string, row: KeyRow, storedAt: number): void {
    // A Map keeps the order in which its entries came: the one that was looked up longest ago goes.
    entries.delete(publicId);
    if (entries.size >= MOST_ENTRIES) entries.delete(entries.keys().next().value!);
    entries.set(publicId, { row, storedAt, endsAt: row.ms_left === null ? null : storedAt + row.ms_left });
  }

  return {
    async find(publicId, isRight, lookUp) {
      const known = remembered(publicId);
      if (known && isRight(known)) {
        hits++;
        return known;
      }
      misses++;
      const begunIn = epoch;
      // Before the question is asked: the milliseconds that were left count from some moment after it.
      const askedAt = performance.now();
      const row = await lookUp();
      const isGood = row !== null && row.ended_by === null && !row.expired;
      if (!isGood) entries.delete(publicId);
      else if (epoch === begunIn) remember(publicId, row, askedAt);
      return row;
    },
    wasGood(publicId, isRight) {
      const entry = entries.get(publicId);
      return entry !== undefined && isRight(entry.row);
    },
    evict(publicIds) {
      if (publicIds.length === 0) return;
      epoch++;
      for (const publicId of publicIds) entries.delete(publicId);
    },
    evictAll() {
      epoch++;
      emptiedAt = performance.now();
    },
    use: () => ({ entries: entries.size, hits, misses }),
  };
}
