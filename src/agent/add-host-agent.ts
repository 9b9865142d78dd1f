import { v7 as uuidv7 } from 'uuid';
import type { EntityManager } from 'typeorm';
import { changesOf } from '../audit/changes';
import type { Context } from '../context';
import { violates } from '../database/constraint';
import { Conflict, InvalidInput, type FieldFault } from '../errors';
import { addItem, type Added } from '../inventory/add-item';
import { InventoryObject } from '../inventory/inventory-change';
import { labelMap } from '../label/label';
import { holdNodes } from '../node/hold-nodes';
import { Liveness } from '../sync/liveness';
import type { AddHostAgentInput } from './add-agent.input';
import { HOST_AGENT_KEY } from './agent';
import { EnrolmentMethod } from './agent-type';
import { HostAgent } from './host-agent';
import { nameOfAgent, TOLD_OF_AGENT } from './store-agent';

/** Puts a host agent on the roll by hand. It is INACTIVE until one enrols in its place, by a token that replaces its node. */
export async function addHostAgent(
  context: Context,
  { nodeId, labels }: AddHostAgentInput,
  faults: FieldFault[],
): Promise<HostAgent> {
  if (faults.length > 0) throw new InvalidInput(faults);
  const syncIntervalSeconds = await context.syncInterval.next(context.db);
  const values = { runsOnNodeId: nodeId, labelMap: labelMap(labels ?? []) };
  const insert = (tx: EntityManager) => insertHostAgent(tx, values, syncIntervalSeconds);
  return addItem(context, { noun: 'agent', object: InventoryObject.AGENT, insert });
}

async function insertHostAgent(
  tx: EntityManager,
  values: Pick<HostAgent, 'runsOnNodeId' | 'labelMap'>,
  syncIntervalSeconds: number,
): Promise<Added<HostAgent>> {
  const id = uuidv7();
  await holdNodes(tx, [values.runsOnNodeId], 'input.hostAgent.nodeId');
  await tx.insert(HostAgent, { ...values, id, enrolledBy: EnrolmentMethod.MANUAL, generation: 1 }).catch(refusalOr);
  await tx.insert(Liveness, { agentId: id, syncIntervalSeconds });
  const item = await tx.findOneByOrFail(HostAgent, { id });
  return { item, name: await nameOfAgent(tx, item), changes: changesOf({ disabled: false }, item, TOLD_OF_AGENT) };
}

function refusalOr(error: unknown): never {
  if (violates(error, HOST_AGENT_KEY))
    throw new Conflict('This node has a host agent already.', 'input.hostAgent.nodeId');
  throw error;
}
