import { followNode } from '../agent/follow-node';
import { changesOf } from '../audit/changes';
import type { Context } from '../context';
import { InventoryObject } from '../inventory/inventory-change';
import { updateItem, type UpdateRules } from '../inventory/update-item';
import { Node } from './node';
import { NODE_KINDS } from './node-kinds';
import { nodeFaults, type NodeFacts } from './node-rules';
import { conflictOr, storedFacts, TOLD_OF_NODE } from './store-node';
import type { UpdateNodeInput, UpdateNodePayload } from './update-node.input';

const RULES: UpdateRules<Node> = {
  noun: 'node',
  object: InventoryObject.NODE,
  entity: Node,
  kindOf: ({ type }) => NODE_KINDS[type],
  typeFields: ['machineId', 'distro', 'containerId', 'containerName', 'instanceId'],
  required: ['name', 'address'],
  faults: ({ type }, facts) => nodeFaults(type, facts as unknown as NodeFacts, 'input'),
  stored: storedFacts,
  told: TOLD_OF_NODE,
  conflictOr,
  nameOf: ({ name }) => name,
  async follow({ tx, before, after }) {
    await followNode(tx, before.id, changesOf(before, after, TOLD_OF_NODE));
    return [];
  },
};

/** Changes the facts of a node: what is absent stays, null clears, a value sets. Id, type and history stay. */
export async function updateNode(context: Context, input: UpdateNodeInput): Promise<UpdateNodePayload> {
  const { item, changes } = await updateItem(context, RULES, input);
  return { node: item, changes };
}
