import type { EntityManager } from 'typeorm';

/**
 * Tells host agents that what they should run has changed: those that `condition` picks, by $1. They are locked in one order, so that
 * two such changes wait for each other. Gives how many there were.
 */
export async function raiseGeneration(tx: EntityManager, condition: string, value: string | string[]): Promise<number> {
  const [, count] = await tx.query<[unknown, number]>(
    `WITH host AS (
       SELECT id FROM agent WHERE type = 'HOST_AGENT' AND ${condition} ORDER BY id FOR NO KEY UPDATE
     )
     UPDATE agent SET generation = generation + 1 FROM host WHERE agent.id = host.id`,
    [value],
  );
  return count;
}
