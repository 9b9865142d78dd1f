import type { EntityManager } from 'typeorm';
import { REPORTED_STATUSES, type AgentStatus, type ReportedStatus } from '../agent/agent-type';
import { quotable } from '../safe-text';
import { isUuid } from '../scalars/uuid';
import { LONGEST_VERSION } from '../text';
import type { SupervisedAgentStatusInput } from './sync-agent.input';

/** What a host agent says of one of its agents, fit to be stored. */
interface Report {
  agentId: string;
  status: ReportedStatus;
  reason: string | null;
  listenPort: number | null;
  version: string | null;
}

/**
 * Of one agent the last report counts, and only by the host agent that starts and stops it ($1). What was reported of a newer generation stays; one that there is not yet
 * is the current one. Gives how many of the agents were its own.
 */
const STORE = `
  WITH report AS (
    SELECT DISTINCT ON (agent_id) * FROM unnest($3::uuid[], $4::text[], $5::text[], $6::integer[], $7::text[])
      WITH ORDINALITY AS report (agent_id, status, reason, listen_port, version, place)
    ORDER BY agent_id, place DESC
  ), host AS (
    SELECT least($2::integer, generation) AS generation FROM agent WHERE id = $1
  ), own AS (
    SELECT agent.id FROM agent JOIN report ON report.agent_id = agent.id
    WHERE agent.supervisor_id = $1 ORDER BY agent.id FOR NO KEY UPDATE OF agent
  ), stored AS (
    UPDATE agent SET reported_status = report.status, status_reason = report.reason, listen_port = report.listen_port,
      version = coalesce(report.version, agent.version), status_generation = host.generation
    FROM own JOIN report ON report.agent_id = own.id CROSS JOIN host
    WHERE agent.id = own.id AND coalesce(agent.status_generation, 0) <= host.generation
      -- What is said again is not written again.
      AND (agent.reported_status, agent.status_reason, agent.listen_port, agent.version, agent.status_generation) IS DISTINCT FROM
        (report.status, report.reason, report.listen_port, coalesce(report.version, agent.version), host.generation)
  )
  SELECT count(*)::int AS own FROM own`;

/** Stores what a host agent reports while it runs this generation. Gives how many reports were ignored: a report never fails a sync. */
export async function storeReports(
  db: EntityManager,
  hostAgentId: string,
  generation: number,
  statuses: readonly SupervisedAgentStatusInput[],
): Promise<number> {
  const reports = statuses.flatMap(reportOf);
  if (reports.length === 0) return statuses.length;
  const [stored] = await db.query<{ own: number }[]>(STORE, [
    hostAgentId,
    generation,
    reports.map(({ agentId }) => agentId),
    reports.map(({ status }) => status),
    reports.map(({ reason }) => reason),
    reports.map(({ listenPort }) => listenPort),
    reports.map(({ version }) => version),
  ]);
  const reported = new Set(reports.map(({ agentId }) => agentId.toLowerCase())).size;
  return statuses.length - reports.length + reported - stored!.own;
}

/** Nothing for what says nothing of an agent that is started and stopped; else what of it can be stored. */
function reportOf({ agentId, status, reason, listenPort, version }: SupervisedAgentStatusInput): Report[] {
  if (!isUuid(agentId) || !isReported(status)) return [];
  const isPort = listenPort != null && listenPort >= 1 && listenPort <= 65_535;
  return [
    {
      agentId,
      status,
      reason: quotable(reason ?? '') || null,
      listenPort: isPort ? listenPort : null,
      version: quotable(version ?? '').slice(0, LONGEST_VERSION) || null,
    },
  ];
}

function isReported(status: AgentStatus): status is ReportedStatus {
  return (REPORTED_STATUSES as readonly AgentStatus[]).includes(status);
}
