import type { EntityManager } from 'typeorm';
import type { Context } from '../context';
import { KeyEnd } from '../access/api-key';
import { keyEnded } from '../access/authentication';
import { LONGEST_VERSION, textFaults } from '../text';
import { InvalidInput } from '../errors';
import type { SyncAgentInput, SyncAgentPayload } from './sync-agent.input';

/** Takes the heartbeat of the host agent whose key is calling, and tells it when to call again. */
export async function syncAgent(context: Context, input: SyncAgentInput): Promise<SyncAgentPayload> {
  const { agentId, enrolment } = context.caller!;
  const faults = textFaults(input.agentVersion, 'input.agentVersion', LONGEST_VERSION);
  if (faults.length > 0) throw new InvalidInput(faults);
  const syncAfterSeconds = await context.syncInterval.next(context.db);
  const { generation, server_time: serverTime } = await heard(
    context.db,
    agentId!,
    enrolment!,
    input,
    syncAfterSeconds,
  );
  return { syncAfterSeconds, generation, serverTime };
}

/**
 * Syncs leave updatedAt alone, and write to `agent` only when the version is another. A sync that was under way while the agent
 * was enrolled afresh must not count for the new one: the enrolment is looked at again after any wait for the row.
 */
async function heard(db: EntityManager, agentId: string, enrolment: number, input: SyncAgentInput, interval: number) {
  const [row] = await db.query<{ generation: number; server_time: Date }[]>(
    `WITH heard AS (
       UPDATE liveness SET last_seen_at = clock_timestamp(), boot_id = $2, sync_interval_seconds = $4,
                           reported_generation = coalesce($5, reported_generation)
       WHERE agent_id = $1 AND enrolment = $6 RETURNING agent_id
     ), version AS (
       UPDATE agent SET version = $3 FROM heard
       WHERE agent.id = heard.agent_id AND $3::text IS NOT NULL AND version IS DISTINCT FROM $3
     )
     SELECT generation, clock_timestamp() AS server_time FROM agent JOIN heard ON heard.agent_id = agent.id`,
    [agentId, input.bootId, input.agentVersion ?? null, interval, input.generation ?? null, enrolment],
  );
  if (!row) throw keyEnded((await isOnRoll(db, agentId)) ? KeyEnd.AGENT_REPLACED : KeyEnd.AGENT_REMOVED);
  return row;
}

async function isOnRoll(db: EntityManager, agentId: string): Promise<boolean> {
  const rows = await db.query<unknown[]>('SELECT FROM liveness WHERE agent_id = $1', [agentId]);
  return rows.length > 0;
}
