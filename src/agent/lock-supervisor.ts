import type { EntityManager } from 'typeorm';

/** Locks the host agent that starts and stops this agent, if one does: always before the agent itself. */
export function lockSupervisor(tx: EntityManager, agentId: string): Promise<unknown> {
  return tx.query('SELECT FROM agent WHERE id = (SELECT supervisor_id FROM agent WHERE id = $1) FOR NO KEY UPDATE', [
    agentId,
  ]);
}
