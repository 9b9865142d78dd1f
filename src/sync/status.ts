/**
 * Whether a host agent answers, in SQL, for the rows `liveness` and `hearing`. INACTIVE: it was never heard of, or is silent
 * for more than three of the intervals that it was told, counted only while a server listened, or was silent for longer than
 * that when the last gap in listening began. Until a server has said that it listens again, time stands still.
 */
export const HOST_STATUS = `
  CASE
    WHEN liveness.last_seen_at IS NULL THEN 'INACTIVE'
    WHEN least(clock_timestamp(), hearing.heard_until + interval '15 s')
         - greatest(liveness.last_seen_at, hearing.heard_since)
         > make_interval(secs => 3 * liveness.sync_interval_seconds) THEN 'INACTIVE'
    WHEN hearing.deaf_since - liveness.last_seen_at
         > make_interval(secs => 3 * liveness.sync_interval_seconds) THEN 'INACTIVE'
    ELSE 'ACTIVE'
  END`;

/** What was last heard of the host agents with these ids ($1), and their status now. */
export const LIVENESS_OF_AGENTS = `
  SELECT liveness.agent_id, liveness.last_seen_at, liveness.sync_interval_seconds, liveness.reported_generation,
         liveness.clone_suspected_at, ${HOST_STATUS} AS status
  FROM liveness CROSS JOIN hearing WHERE liveness.agent_id = ANY ($1::uuid[])`;

/** How many host agents have which status now. */
export const HOST_AGENTS_BY_STATUS = `
  SELECT ${HOST_STATUS} AS status, count(*)::int AS count FROM liveness CROSS JOIN hearing GROUP BY 1`;

/** The status of the agent in the row `agent`. What a host agent has reported counts while it is heard of. */
export function agentStatusSql(agent: string): string {
  return `CASE
    WHEN ${agent}.type = 'HOST_AGENT' THEN ${hostAgentStatusSql(`${agent}.id`)}
    WHEN ${agent}.supervisor_id IS NOT NULL AND ${agent}.disabled THEN 'DONE'
    WHEN ${agent}.reported_status IS NOT NULL AND ${hostAgentStatusSql(`${agent}.supervisor_id`)} = 'ACTIVE'
      THEN ${agent}.reported_status
    ELSE 'UNKNOWN' END`;
}

/** The status of the host agent with the id; null for an agent of another kind. */
export function hostAgentStatusSql(agentId: string): string {
  return `(SELECT ${HOST_STATUS} FROM liveness CROSS JOIN hearing WHERE liveness.agent_id = ${agentId})`;
}

/** The status of the node with the id `nodeId`. */
export function nodeStatusSql(nodeId: string): string {
  return `coalesce((SELECT ${HOST_STATUS} ${hostOf(nodeId)}), 'UNKNOWN')`;
}

/** The ids of all host agents that are ACTIVE or INACTIVE, found without looking at any agent. */
export function hostAgentsOf(status: 'ACTIVE' | 'INACTIVE'): string {
  // PostgreSQL takes what equals an expression for few rows and what does not for most: that is how they are joined.
  const compared = status === 'INACTIVE' ? '=' : '<>';
  return `SELECT liveness.agent_id FROM liveness CROSS JOIN hearing WHERE ${HOST_STATUS} ${compared} 'INACTIVE'`;
}

/** The ids of all nodes whose host agent is so. */
export function nodesHeardOf(status: 'ACTIVE' | 'INACTIVE'): string {
  return `SELECT host.runs_on_node_id FROM agent AS host WHERE host.id IN (${hostAgentsOf(status)})`;
}

/** The ids of all nodes without a host agent. */
export const UNKNOWN_NODES = `
  SELECT node.id FROM node
  WHERE NOT EXISTS (SELECT FROM agent WHERE agent.runs_on_node_id = node.id AND agent.type = 'HOST_AGENT')`;

/** When the host agent of the row `node` was last heard of, or, if never, when the node was made; null without a host agent. */
export function nodeLastSeenSql(node: string): string {
  return `(SELECT coalesce(liveness.last_seen_at, ${node}.created_at) ${hostOf(`${node}.id`)})`;
}

function hostOf(nodeId: string): string {
  return `FROM agent AS host JOIN liveness ON liveness.agent_id = host.id CROSS JOIN hearing
          WHERE host.runs_on_node_id = ${nodeId} AND host.type = 'HOST_AGENT'`;
}
