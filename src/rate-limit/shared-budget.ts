import type { EntityManager } from 'typeorm';
import { createLine } from '../line';

const MINUTE_SECONDS = 60;
const SHORTEST_WAIT_MS = 1;
/** Twice as many as there can be new ones meanwhile, so that the table holds those of the last minute and few more. */
const TIDY_EVERY = 64;
const TIDY_AT_MOST = 2 * TIDY_EVERY;

/** The budgets of failed enrolments, one an address, for all servers on this database. */
export interface SharedBudget {
  /** Takes one attempt. Gives 0, or the milliseconds until there is one to take. */
  take(address: string): Promise<number>;
}

/**
 * The algorithm of limiter.ts by the database's clock. What is left after a refusal is read as it was when the statement began: it
 * may be short of what came meanwhile, never of the decision.
 */
const TAKE = `
  WITH taken AS (
    INSERT INTO failed_enrolment AS budget (address, spent_until) VALUES ($1, clock_timestamp() + $2 * interval '1 second')
    ON CONFLICT (address) DO UPDATE SET spent_until = greatest(budget.spent_until, clock_timestamp()) + $2 * interval '1 second'
    WHERE budget.spent_until <= clock_timestamp() + $3 * interval '1 second'
    RETURNING address
  )
  SELECT EXISTS (SELECT FROM taken) AS taken, (
    SELECT extract(epoch FROM spent_until - clock_timestamp() - $3 * interval '1 second')::float8 * 1000
    FROM failed_enrolment WHERE address = $1
  ) AS wait`;

/** One that somebody holds is in use: waiting for it, two servers could wait for each other. */
const TIDY = `
  DELETE FROM failed_enrolment WHERE address IN (
    SELECT address FROM failed_enrolment WHERE spent_until < clock_timestamp() ORDER BY spent_until LIMIT ${TIDY_AT_MOST}
    FOR UPDATE SKIP LOCKED)`;

export function createSharedBudget(db: EntityManager, perMinute: number): SharedBudget {
  const interval = MINUTE_SECONDS / perMinute;
  let sinceTidied = 0;
  // Attempts from many addresses take one connection of the pool, and wait for each other.
  const inTurn = createLine(1);
  return { take: (address) => inTurn(() => take(address)) };

  async function take(address: string): Promise<number> {
    const [row] = await db.query<{ taken: boolean; wait: number | null }[]>(TAKE, [
      address,
      interval,
      MINUTE_SECONDS - interval,
    ]);
    if (++sinceTidied >= TIDY_EVERY) {
      sinceTidied = 0;
      // The attempt is settled: what cannot be tidied up now, another will.
      await db.query(TIDY).catch(() => undefined);
    }
    return row!.taken ? 0 : Math.max(row!.wait ?? 0, SHORTEST_WAIT_MS);
  }
}
