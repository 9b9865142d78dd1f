import { v7 as uuidv7 } from 'uuid';
import type { EntityManager } from 'typeorm';

/** Where an enrolment ends: on a new node, or on one that is enrolled afresh. */
export interface EnrolmentTarget {
  nodeId: string;
  agentId: string;
  /** The node is there already. */
  nodeExists: boolean;
  /** Its host agent is, too. */
  agentExists: boolean;
}

/**
 * Ids are made here, so that what lets an agent in can be written before what it pays for. A node that is enrolled afresh is held by the
 * caller: of two that replace it at once, the second sees the host agent that the first has made.
 */
export async function enrolmentTarget(tx: EntityManager, replacedNodeId: string | null): Promise<EnrolmentTarget> {
  if (replacedNodeId === null) return { nodeId: uuidv7(), agentId: uuidv7(), nodeExists: false, agentExists: false };
  const [host] = await tx.query<{ id: string }[]>(
    `SELECT id FROM agent WHERE runs_on_node_id = $1 AND type = 'HOST_AGENT'`,
    [replacedNodeId],
  );
  return {
    nodeId: replacedNodeId,
    agentId: host?.id ?? uuidv7(),
    nodeExists: true,
    agentExists: host !== undefined,
  };
}
