import type { FastifyBaseLogger } from 'fastify';
import type { EntityManager } from 'typeorm';

const FLUSH_EVERY_MS = 10_000;
const NOTED_FOR_MS = 60_000;
const MOST_NOTED = 200_000;

/** Rows that somebody else holds are left for the next time: waiting for them could lock a rotation out, and the other way round. */
const WRITE = `
  UPDATE api_key SET last_used_at = clock_timestamp()
  WHERE id IN (SELECT id FROM api_key WHERE id = ANY ($1::uuid[]) FOR NO KEY UPDATE SKIP LOCKED) RETURNING id`;

/** Writes down when keys were last used: at most once a minute a key, all of them in one statement. */
export interface KeyUse {
  note: (keyId: string) => void;
  /** Writes what is left. */
  stop(): Promise<void>;
}

/** Starts to keep lastUsedAt. When it cannot be written, that is logged and nothing fails for it. */
export function startKeyUse(db: EntityManager, log: FastifyBaseLogger): KeyUse {
  /** When a use of each key was last noted, by the monotonic clock. */
  const noted = new Map<string, number>();
  const pending = new Set<string>();

  async function flush(): Promise<void> {
    const ids = [...pending];
    pending.clear();
    forget(noted);
    if (ids.length === 0) return;
    try {
      const [written] = await db.query<[{ id: string }[], number]>(WRITE, [ids]);
      const done = new Set(written.map(({ id }) => id));
      for (const id of ids) if (!done.has(id)) pending.add(id);
    } catch (error) {
      log.warn({ err: error }, 'the last use of keys could not be written');
    }
  }

  const timer = setInterval(() => void flush(), FLUSH_EVERY_MS);
  return {
    note(keyId) {
      const now = performance.now();
      if (now - (noted.get(keyId) ?? -Infinity) < NOTED_FOR_MS || noted.size >= MOST_NOTED) return;
      noted.set(keyId, now);
      pending.add(keyId);
    },
    async stop() {
      clearInterval(timer);
      await flush();
    },
  };
}

function forget(noted: Map<string, number>): void {
  const now = performance.now();
  for (const [keyId, at] of noted) if (now - at >= NOTED_FOR_MS) noted.delete(keyId);
}
