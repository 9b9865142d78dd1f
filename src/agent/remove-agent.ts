import { countingRefusals } from '../audit/counted-refusal';
import type { Context } from '../context';
import { NotFound } from '../errors';
import { changeInventory, type InventoryTransaction } from '../inventory/change-inventory';
import { agentsBy, refuseDependants, removeItems } from '../inventory/remove-items';
import { lockItem } from '../inventory/update-item';
import { isUuid } from '../scalars/uuid';
import { Agent } from './agent';
import { lockSupervisor } from './lock-supervisor';
import type { RemoveAgentInput, RemoveAgentPayload } from './remove-agent.input';

/** Takes an agent off the roll. The agents that a host agent starts and stops refuse that, or go with it by force. */
export async function removeAgent(context: Context, input: RemoveAgentInput): Promise<RemoveAgentPayload> {
  const { id, dryRun } = input;
  if (!isUuid(id)) throw new NotFound('agent');
  const attempt = { action: 'agent.remove', target: { type: 'agent', id } };
  const { payload, endedKeys } = await countingRefusals(context, attempt, () =>
    changeInventory(context, (transaction) => remove(transaction, context, input), { dryRun }),
  );
  if (!dryRun) context.keyCache.evict(endedKeys);
  return payload;
}

async function remove({ tx, changed }: InventoryTransaction, context: Context, { id, force }: RemoveAgentInput) {
  // Its node first: who enrols that afresh, or rotates the agent's key, holds it while the agent is given keys.
  await tx.query('SELECT FROM node WHERE id = (SELECT runs_on_node_id FROM agent WHERE id = $1) FOR KEY SHARE', [id]);
  // Liveness next, as a sync has it: the other way round the two could lock each other out.
  await tx.query('SELECT FROM liveness WHERE agent_id = $1 FOR UPDATE', [id]);
  await lockSupervisor(tx, id);
  const { id: agentId } = await lockItem<Agent>(tx, { noun: 'agent', entity: Agent }, id);
  const supervised = await agentsBy(tx, 'supervisor_id', agentId);
  if (!force) refuseDependants('agent', { services: [], agents: supervised });
  const agents = [...(await agentsBy(tx, 'id', agentId)), ...supervised];
  const removed = await removeItems(tx, context, { nodes: [], services: [], agents });
  removed.changes.forEach(changed);
  const { endedKeys } = removed;
  return { payload: { agentId, removedAgents: removed.agents - 1, revokedApiKeys: endedKeys.length }, endedKeys };
}
