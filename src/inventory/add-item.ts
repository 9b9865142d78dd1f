import type { EntityManager } from 'typeorm';
import { recordSuccess } from '../audit/audit';
import { changesOf } from '../audit/changes';
import { countingRefusals } from '../audit/counted-refusal';
import type { Context } from '../context';
import { changeInventory } from './change-inventory';
import { ChangeKind, type InventoryObject } from './inventory-change';

/** How one thing is put on the roll. */
interface Addition<Stored> {
  /** What it is called in the audit trail. */
  noun: string;
  object: InventoryObject;
  /** Stores it, and gives it as it is stored. */
  insert: (tx: EntityManager) => Promise<Stored>;
  /** What the audit trail tells of it: properties under their names in the schema. */
  told: Record<string, string>;
}

/** Puts something on the roll, with an audit row. Refusals are counted. */
export async function addItem<Stored extends { id: string; name: string }>(
  context: Context,
  { noun, object, insert, told }: Addition<Stored>,
): Promise<Stored> {
  const action = `${noun}.add`;
  return countingRefusals(context, { action }, () =>
    changeInventory(context, async ({ tx, changed }) => {
      const added = await insert(tx);
      const target = { targetType: noun, targetId: added.id, targetName: added.name };
      await recordSuccess(tx, context, { action, ...target, changes: changesOf({}, added, told) });
      changed({ kind: ChangeKind.ADDED, object, id: added.id });
      return added;
    }),
  );
}
