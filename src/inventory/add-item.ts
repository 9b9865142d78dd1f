import type { EntityManager } from 'typeorm';
import { recordSuccess } from '../audit/audit';
import type { FieldChange } from '../audit/audit-event';
import { countingRefusals } from '../audit/counted-refusal';
import type { Context } from '../context';
import { changeInventory } from './change-inventory';
import { ChangeKind, type InventoryObject } from './inventory-change';

/** Something as it is stored, and what the audit trail tells of it. */
export interface Added<Stored> {
  item: Stored;
  name: string;
  changes: FieldChange[];
}

/** How one thing is put on the roll. */
interface Addition<Stored> {
  /** What it is called in the audit trail. */
  noun: string;
  object: InventoryObject;
  insert: (tx: EntityManager) => Promise<Added<Stored>>;
}

/** Puts something on the roll, with an audit row. Refusals are counted. */
export async function addItem<Stored extends { id: string }>(
  context: Context,
  { noun, object, insert }: Addition<Stored>,
): Promise<Stored> {
  const action = `${noun}.add`;
  return countingRefusals(context, { action }, () =>
    changeInventory(context, async ({ tx, changed }) => {
      const { item, name, changes } = await insert(tx);
      await recordSuccess(tx, context, { action, targetType: noun, targetId: item.id, targetName: name, changes });
      changed({ kind: ChangeKind.ADDED, object, id: item.id });
      return item;
    }),
  );
}
