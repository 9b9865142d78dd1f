import { countingRefusals } from '../audit/counted-refusal';
import type { Context } from '../context';
import { NotFound } from '../errors';
import { changeInventory } from '../inventory/change-inventory';
import { dependantsOfNodes, refuseDependants, removeItems } from '../inventory/remove-items';
import { lockItem } from '../inventory/update-item';
import { isUuid } from '../scalars/uuid';
import { Node } from './node';
import type { RemoveNodeInput, RemoveNodePayload } from './remove-node.input';

/** Takes a node off the roll. What hangs on it refuses that, or goes with it by force, in the same transaction. */
export async function removeNode(context: Context, { id, force, dryRun }: RemoveNodeInput): Promise<RemoveNodePayload> {
  if (!isUuid(id)) throw new NotFound('node');
  const attempt = { action: 'node.remove', target: { type: 'node', id } };
  const { payload, endedKeys } = await countingRefusals(context, attempt, () =>
    changeInventory(
      context,
      async ({ tx, changed }) => {
        // Held until it is gone: nothing new can hang itself on it.
        const node = await lockItem(tx, { noun: 'node', entity: Node }, id);
        const dependants = await dependantsOfNodes(tx, [id]);
        if (!force) refuseDependants('node', dependants);
        const removed = await removeItems(tx, context, { nodes: [node], ...dependants });
        removed.changes.forEach(changed);
        return { payload: payloadOf(id, dependants, removed.endedKeys), endedKeys: removed.endedKeys };
      },
      { dryRun },
    ),
  );
  if (!dryRun) context.keyCache.evict(endedKeys);
  return payload;
}

function payloadOf(
  nodeId: string,
  { services, agents }: { services: unknown[]; agents: unknown[] },
  endedKeys: string[],
): RemoveNodePayload {
  return {
    nodeId,
    removedServices: services.length,
    removedAgents: agents.length,
    revokedApiKeys: endedKeys.length,
  };
}
