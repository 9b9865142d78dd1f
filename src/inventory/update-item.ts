import type { EntityManager, EntityTarget, ObjectLiteral, QueryDeepPartialEntity } from 'typeorm';
import { recordSuccess } from '../audit/audit';
import type { FieldChange } from '../audit/audit-event';
import { changesOf, type ToldFields } from '../audit/changes';
import { countingRefusals } from '../audit/counted-refusal';
import type { Context } from '../context';
import { Conflict, InvalidInput, NotFound, type FieldFault } from '../errors';
import { isUuid } from '../scalars/uuid';
import { changeInventory, type InventoryTransaction } from './change-inventory';
import { ChangeKind, type InventoryObject } from './inventory-change';

/** What all kinds of things on the roll have. */
export interface Item extends ObjectLiteral {
  id: string;
  type: string;
  updatedAt: Date;
}

/** What an update says of an item: absent stays, null clears, a value sets. */
export type Given = Record<string, unknown>;

/** How items of one table are updated. */
export interface UpdateRules<Stored extends Item> {
  /** What one is called in errors, in the audit trail, and its table. */
  noun: string;
  object: InventoryObject;
  entity: EntityTarget<Stored>;
  /** The class and the own fields of its type. */
  kindOf: (item: Stored) => { entity: EntityTarget<Stored>; ownFields: readonly string[] };
  /** Fields that only some types have. */
  typeFields: readonly string[];
  /** Fields that are never empty. */
  required: readonly string[];
  /** What is wrong with the item as it would be, with paths below `input`. */
  faults: (item: Stored, facts: Given) => FieldFault[];
  /** The given facts as they are stored. */
  stored: (given: Given, before: Stored) => QueryDeepPartialEntity<Stored>;
  /** What is told of changes. */
  told: ToldFields;
  /** Throws Conflict where a constraint was broken that another item stands for, else the error. Without it an update can break none. */
  conflictOr?: (error: unknown, path: string) => never;
  /** What the audit trail calls it. */
  nameOf: (item: Stored, tx: EntityManager) => string | Promise<string>;
  /** Locks what must be locked before the item. */
  lockFirst?: (tx: EntityManager, id: string) => Promise<unknown>;
  /** What has to change with it, told as changes of the item. */
  follow?: (update: Update<Stored>) => Promise<FieldChange[]>;
}

/** An update that is being made. */
export interface Update<Stored> extends InventoryTransaction {
  before: Stored;
  /** As it will be stored. */
  after: Stored;
}

interface UpdateInput {
  id: string;
  expectedUpdatedAt?: Date | null;
  dryRun: boolean;
}

/** What an update came to. */
export interface Updated<Stored> {
  item: Stored;
  changes: FieldChange[];
}

/** Changes an item, with an audit row. What changes nothing leaves no trace; a dry run neither. */
export async function updateItem<Stored extends Item>(
  context: Context,
  rules: UpdateRules<Stored>,
  { id, expectedUpdatedAt, dryRun, ...given }: UpdateInput,
): Promise<Updated<Stored>> {
  const { noun, object } = rules;
  if (!isUuid(id)) throw new NotFound(noun);
  const action = `${noun}.update`;
  return countingRefusals(context, { action, target: { type: noun, id } }, () =>
    changeInventory(
      context,
      async ({ tx, changed }) => {
        await rules.lockFirst?.(tx, id);
        const before = await lockItem(tx, rules, id);
        refuseStale(before, expectedUpdatedAt);
        refuseFaults(rules, before, given);
        const values = rules.stored(present(given), before);
        const after = Object.assign(copyOf(before), values);
        const changes = changesOf(before, after, rules.told);
        changes.push(...((await rules.follow?.({ tx, changed, before, after })) ?? []));
        if (changes.length === 0) return { item: before, changes };
        const item = await store(tx, rules, before, values);
        const target = { targetType: noun, targetId: id, targetName: await rules.nameOf(before, tx) };
        await recordSuccess(tx, context, { action, ...target, changes });
        changed({ kind: ChangeKind.CHANGED, object, id });
        return { item, changes };
      },
      { dryRun },
    ),
  );
}

/** The item, which stays as it is until the transaction ends. Throws NotFound. */
export async function lockItem<Stored extends Item>(
  tx: EntityManager,
  { noun, entity }: Pick<UpdateRules<Stored>, 'noun' | 'entity'>,
  id: string,
): Promise<Stored> {
  await tx.query(`SELECT FROM ${noun} WHERE id = $1 FOR UPDATE`, [id]);
  const item = await tx.findOneBy<Stored>(entity, { id } as never);
  if (!item) throw new NotFound(noun);
  return item;
}

function refuseStale({ updatedAt }: Item, expected: Date | null | undefined): void {
  if (expected != null && expected.getTime() !== updatedAt.getTime())
    throw new Conflict('It has changed since. Read it again.', 'input.expectedUpdatedAt');
}

/** Throws InvalidInput when the item would not be a good one of its type. */
function refuseFaults<Stored extends Item>(rules: UpdateRules<Stored>, before: Stored, given: Given): void {
  const { ownFields } = rules.kindOf(before);
  const faults = [
    ...rules.typeFields
      .filter((field) => given[field] !== undefined && !ownFields.includes(field))
      .map((field) => ({ path: `input.${field}`, message: `A ${rules.noun} of type ${before.type} has none.` })),
    ...rules.required
      .filter((field) => given[field] === null && (!rules.typeFields.includes(field) || ownFields.includes(field)))
      .map((field) => ({ path: `input.${field}`, message: 'It is never empty: leave it out, or give a value.' })),
  ];
  if (faults.length === 0) faults.push(...rules.faults(before, Object.assign({}, before, present(given))));
  if (faults.length > 0) throw new InvalidInput(faults);
}

function present(given: Given): Given {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** For updated_at: a later millisecond in any case, even of a clock that was set back, so that who expects the former one is refused. */
export const LATER = `greatest(clock_timestamp(), updated_at + interval '1 millisecond')`;

/** Of the same class: what is computed of its columns stays so. */
function copyOf<Stored extends object>(item: Stored): Stored {
  return Object.assign(Object.create(Object.getPrototypeOf(item) as object) as Stored, item);
}

/** The item after it. */
async function store<Stored extends Item>(
  tx: EntityManager,
  rules: UpdateRules<Stored>,
  before: Stored,
  values: QueryDeepPartialEntity<Stored>,
): Promise<Stored> {
  const update = { ...values, updatedAt: () => LATER } as QueryDeepPartialEntity<Stored>;
  await tx.update(rules.kindOf(before).entity, before.id, update).catch((error: unknown) => {
    rules.conflictOr?.(error, 'input');
    throw error;
  });
  return tx.findOneByOrFail<Stored>(rules.entity, { id: before.id } as never);
}
