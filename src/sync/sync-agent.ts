import type { EntityManager } from 'typeorm';
import { KeyEnd } from '../access/api-key';
import { keyEnded } from '../access/authentication';
import type { Context } from '../context';
import { transact } from '../database/transaction';
import { Conflict, InvalidInput, Unavailable, type FieldFault } from '../errors';
import { LONGEST_VERSION, textFaults } from '../text';
import { desiredState, type Withheld } from './desired-state';
import type { Heard } from './heartbeats';
import { storeReports } from './reports';
import type { SupervisedAgentStatusInput, SyncAgentInput, SyncAgentPayload } from './sync-agent.input';

const ACTION = 'agent.sync';
const MOST_STATUSES = 500;

/**
 * Takes the heartbeat of the host agent whose key is calling, and what it reports of its agents; tells it when to call again and,
 * when that is not what it runs, what it should run. Answered when all of it is committed. Syncs leave updatedAt alone.
 */
export async function syncAgent(context: Context, input: SyncAgentInput): Promise<SyncAgentPayload> {
  const { caller, db, syncQueue } = context;
  const agentId = caller!.agentId!;
  const faults = inputFaults(input);
  if (faults.length > 0) throw new InvalidInput(faults);
  const syncAfterSeconds = await context.syncInterval.next(db);
  const heard = await syncQueue.hear({
    agentId,
    enrolment: caller!.enrolment!,
    bootId: input.bootId,
    previousBootId: input.previousBootId ?? null,
    agentVersion: input.agentVersion ?? null,
    generation: input.generation ?? null,
    intervalSeconds: syncAfterSeconds,
    source: context,
  });
  await judge(context, agentId, heard);
  const { statuses, generation } = input;
  if (statuses != null && statuses.length > 0) await report(context, agentId, generation ?? 0, statuses);
  const { serverTime } = heard;
  if (generation === heard.generation) return { syncAfterSeconds, generation, desired: null, serverTime };
  const { secrets } = context;
  return { syncAfterSeconds, serverTime, ...(await desiredState(db, agentId, secrets, await withheld(context))) };
}

function inputFaults({ agentVersion, statuses }: SyncAgentInput): FieldFault[] {
  const faults = textFaults(agentVersion, 'input.agentVersion', LONGEST_VERSION);
  if ((statuses?.length ?? 0) > MOST_STATUSES)
    faults.push({ path: 'input.statuses', message: `Give ${MOST_STATUSES} at most.` });
  return faults;
}

/** Throws what refuses the heartbeat. */
async function judge(context: Context, agentId: string, { verdict }: Heard): Promise<void> {
  const { db, refusals, remoteAddress, caller } = context;
  if (verdict === 'HEARD' || verdict === 'CLONE') return;
  // Its row was held for too long, or is there while something that belongs to it is not: no reason for an agent to give up.
  if (verdict === 'HELD' && (await isOnRoll(db, agentId))) throw new Unavailable();
  if (verdict !== 'CONFLICT')
    throw keyEnded((await isOnRoll(db, agentId)) ? KeyEnd.AGENT_REPLACED : KeyEnd.AGENT_REMOVED);
  refusals.note({ action: ACTION, reason: verdict, remoteAddress, caller, target: { type: 'agent', id: agentId } });
  throw new Conflict(
    'Another host syncs with the credential of this agent. Stop one of the two; register the other under a name of its own.',
  );
}

/** Tried again where somebody who changes the same agents and this have waited for each other. */
async function report(
  { db, ignoredReports }: Context,
  agentId: string,
  generation: number,
  statuses: readonly SupervisedAgentStatusInput[],
): Promise<void> {
  const ignored = await transact(db, (tx) => storeReports(tx, agentId, generation, statuses));
  ignoredReports.count += ignored;
}

async function isOnRoll(db: EntityManager, agentId: string): Promise<boolean> {
  const rows = await db.query<unknown[]>('SELECT FROM liveness WHERE agent_id = $1', [agentId]);
  return rows.length > 0;
}

/** Secrets go to the host agent alone: over what nobody else can read, and to no key that was perhaps stolen. */
async function withheld({ db, caller, config, isConfidential }: Context): Promise<Withheld> {
  if (!isConfidential && !config.sync.secretsInTheClear)
    return 'its secrets are not sent over plain HTTP: use HTTPS between host agent and server';
  const rows = await db.query<unknown[]>('SELECT FROM api_key WHERE id = $1 AND misused_at IS NOT NULL', [
    caller!.keyId,
  ]);
  return rows.length > 0
    ? 'its secrets are not sent, since a former key of the host agent was used after its end: an administrator has to rotate the key'
    : null;
}
