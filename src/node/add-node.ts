import { v7 as uuidv7 } from 'uuid';
import { recordSuccess } from '../audit/audit';
import { changesOf } from '../audit/changes';
import { countingRefusals } from '../audit/counted-refusal';
import type { Context } from '../context';
import { InvalidInput } from '../errors';
import { changeInventory } from '../inventory/change-inventory';
import { ChangeKind, InventoryObject } from '../inventory/inventory-change';
import { onlyOne } from '../only-one';
import type { AddNodeInput, AddNodePayload } from './add-node.input';
import { NODE_TYPES } from './node-kinds';
import { nodeFaults } from './node-rules';
import { insertNode, TOLD_OF_NODE } from './store-node';

const ACTION = 'node.add';

/** Puts a node on the roll by hand. It has no host agent until one enrols in its place. */
export async function addNode(context: Context, input: AddNodeInput): Promise<AddNodePayload> {
  const [kind, facts] = onlyOne(input, 'input');
  const path = `input.${kind}`;
  const type = NODE_TYPES[kind];
  const faults = nodeFaults(type, facts, path);
  if (faults.length > 0) throw new InvalidInput(faults);
  const node = await countingRefusals(context, { action: ACTION }, () =>
    changeInventory(context, async ({ tx, changed }) => {
      const added = await insertNode(tx, type, uuidv7(), facts, path);
      await recordSuccess(tx, context, {
        action: ACTION,
        targetType: 'node',
        targetId: added.id,
        targetName: added.name,
        changes: changesOf({}, added, TOLD_OF_NODE),
      });
      changed({ kind: ChangeKind.ADDED, object: InventoryObject.NODE, id: added.id });
      return added;
    }),
  );
  return { node };
}
