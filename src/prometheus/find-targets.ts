import type { EntityManager } from 'typeorm';
import { AgentType } from '../agent/agent-type';
import { SETTINGS } from '../agent/settings';
import { Parameters } from '../filter/parameters';
import { agentStatusSql } from '../sync/status';
import { OWN_LABELS, type TargetRow } from './target';
import { SCRAPED_TYPES, type TargetFilter } from './target-filter';

const OWN = Object.entries(OWN_LABELS).map(([name, expression]) => `${expression} AS ${name}`);

/** What Prometheus is told of agents that somebody else starts alone. */
const EXTERNAL = `agent.type = '${AgentType.EXTERNAL_EXPORTER}'`;

/** The agents that listen and are meant to, in the order of their ids: one statement. By labels it is left to the caller to choose. */
export function findTargets(
  db: EntityManager,
  { types, statuses, environments }: Pick<TargetFilter, 'types' | 'statuses' | 'environments'>,
): Promise<TargetRow[]> {
  const parameters = new Parameters();
  const conditions = [
    'agent.listen_port IS NOT NULL AND NOT agent.disabled',
    `agent.type = ANY (${parameters.add(types ?? SCRAPED_TYPES)}::text[])`,
    ...(statuses ? [`${agentStatusSql('agent')} = ANY (${parameters.add(statuses)}::text[])`] : []),
    ...(environments ? [`${OWN_LABELS.environment} = ANY (${parameters.add(environments)}::text[])`] : []),
  ];
  const { scheme, metricsPath } = SETTINGS;
  return db.query<TargetRow[]>(
    `SELECT agent.listen_port AS port, host.address, ${OWN.join(', ')}, node.labels AS node_labels, service.labels AS service_labels,
       agent.labels AS agent_labels,
       CASE WHEN ${EXTERNAL} THEN coalesce(agent.settings->>'scheme', ${parameters.add(scheme.fallback)}) END AS scheme,
       CASE WHEN ${EXTERNAL} THEN coalesce(agent.settings->>'metricsPath', ${parameters.add(metricsPath.fallback)}) END AS metrics_path
     FROM agent
     JOIN node AS host ON host.id = agent.runs_on_node_id
     LEFT JOIN service ON service.id = agent.observed_service_id
     JOIN node ON node.id = coalesce(service.node_id, agent.observed_node_id)
     WHERE ${conditions.join(' AND ')} ORDER BY agent.id`,
    parameters.values,
  );
}
