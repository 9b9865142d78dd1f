import type { EntityManager } from 'typeorm';
import type { Context } from '../context';
import { textFaults } from '../text';
import { InvalidInput } from '../errors';
import type { SyncAgentInput, SyncAgentPayload } from './sync-agent.input';

const LONGEST_VERSION = 100;

/** Takes the heartbeat of the host agent whose key is calling, and tells it when to call again. */
export async function syncAgent(context: Context, input: SyncAgentInput): Promise<SyncAgentPayload> {
  const agentId = context.caller!.agentId!;
  const faults = textFaults(input.agentVersion, 'input.agentVersion', LONGEST_VERSION);
  if (faults.length > 0) throw new InvalidInput(faults);
  const syncAfterSeconds = await context.syncInterval.next(context.db);
  const { generation, server_time: serverTime } = await heard(context.db, agentId, input, syncAfterSeconds);
  return { syncAfterSeconds, generation, serverTime };
}

/** Syncs leave updatedAt alone, and write to `agent` only when the version is another. */
async function heard(db: EntityManager, agentId: string, input: SyncAgentInput, interval: number) {
  const [row] = await db.query<{ generation: number; server_time: Date }[]>(
    `WITH version AS (
       UPDATE agent SET version = $3 WHERE id = $1 AND $3::text IS NOT NULL AND version IS DISTINCT FROM $3
     ), heard AS (
       UPDATE liveness SET last_seen_at = clock_timestamp(), boot_id = $2, sync_interval_seconds = $4,
                           reported_generation = coalesce($5, reported_generation)
       WHERE agent_id = $1 RETURNING agent_id
     )
     SELECT generation, clock_timestamp() AS server_time FROM agent JOIN heard ON heard.agent_id = agent.id`,
    [agentId, input.bootId, input.agentVersion ?? null, interval, input.generation ?? null],
  );
  if (!row) throw new Error(`The host agent ${agentId} has no liveness.`);
  return row;
}
