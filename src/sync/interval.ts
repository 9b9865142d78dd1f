import type { EntityManager } from 'typeorm';

const SYNCS_PER_SECOND = 3000;
const LONGEST_SECONDS = 900;
const JITTER = 0.1;
const RECOUNT_AFTER_MS = 60_000;

/** How often agents are told to sync. */
export interface SyncInterval {
  /** Seconds until the next sync of one agent, spread by 10 % so that a fleet does not march in step. */
  next(db: EntityManager): Promise<number>;
}

/** `minimum` seconds, more when the fleet is so large that 3,000 syncs a second would not do, 15 minutes at most. */
export function syncInterval(minimum: number): SyncInterval {
  let counted = { agents: Promise.resolve(0), at: -Infinity };
  return {
    async next(db) {
      // The fleet's size changes slowly: counting it at every sync would cost more than the sync.
      if (performance.now() - counted.at > RECOUNT_AFTER_MS)
        counted = { agents: countAgents(db), at: performance.now() };
      const agents = await counted.agents.catch((error: unknown) => {
        counted.at = -Infinity;
        throw error;
      });
      const base = Math.min(LONGEST_SECONDS, Math.max(minimum, agents / SYNCS_PER_SECOND));
      return Math.max(1, Math.round(base * (1 - JITTER + 2 * JITTER * Math.random())));
    },
  };
}

async function countAgents(db: EntityManager): Promise<number> {
  const [row] = await db.query<{ count: number }[]>('SELECT count(*)::int AS count FROM liveness');
  return row?.count ?? 0;
}
