import type { AgentStatus } from '../agent/agent-type';
import { loader, type LoaderContext } from '../loader';
import { LIVENESS_OF_AGENTS } from './status';

/** What was last heard of a host agent, and its status at this request. */
export interface LivenessNow {
  lastSeenAt: Date | null;
  syncIntervalSeconds: number;
  reportedGeneration: number | null;
  cloneSuspectedAt: Date | null;
  status: AgentStatus.ACTIVE | AgentStatus.INACTIVE;
}

interface Row {
  agent_id: string;
  last_seen_at: Date | null;
  sync_interval_seconds: number;
  reported_generation: number | null;
  clone_suspected_at: Date | null;
  status: LivenessNow['status'];
}

/** The liveness of a host agent, all of a request in one statement. */
export async function livenessOf(context: LoaderContext, agentId: string): Promise<LivenessNow> {
  const found = await loader<string, LivenessNow>(context, livenessOf, async (db, ids) => {
    const rows = await db.query<Row[]>(LIVENESS_OF_AGENTS, [ids]);
    return new Map(rows.map((row) => [row.agent_id, livenessNow(row)]));
  }).load(agentId);
  if (!found) throw new Error(`The host agent ${agentId} has no liveness.`);
  return found;
}

function livenessNow(row: Row): LivenessNow {
  return {
    lastSeenAt: row.last_seen_at,
    syncIntervalSeconds: row.sync_interval_seconds,
    reportedGeneration: row.reported_generation,
    cloneSuspectedAt: row.clone_suspected_at,
    status: row.status,
  };
}
