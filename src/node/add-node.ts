import { v7 as uuidv7 } from 'uuid';
import type { Context } from '../context';
import { InvalidInput } from '../errors';
import { addItem } from '../inventory/add-item';
import { InventoryObject } from '../inventory/inventory-change';
import { onlyOne } from '../only-one';
import type { AddNodeInput, AddNodePayload } from './add-node.input';
import { NODE_TYPES } from './node-kinds';
import { nodeFaults } from './node-rules';
import { insertNode } from './store-node';

/** Puts a node on the roll by hand. It has no host agent until one enrols in its place. */
export async function addNode(context: Context, input: AddNodeInput): Promise<AddNodePayload> {
  const [kind, facts] = onlyOne(input, 'input');
  const path = `input.${kind}`;
  const type = NODE_TYPES[kind];
  const faults = nodeFaults(type, facts, path);
  if (faults.length > 0) throw new InvalidInput(faults);
  const node = await addItem(context, {
    noun: 'node',
    object: InventoryObject.NODE,
    insert: (tx) => insertNode(tx, type, uuidv7(), facts, path),
  });
  return { node };
}
