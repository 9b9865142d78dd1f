import { isDeepStrictEqual } from 'node:util';
import type { Collection, Facts } from './collection';
import { COLLECTION, typeFieldsOf } from './collections';
import { stored, type Item, type Roll } from './roll';

export type Role = 'editor' | 'admin';

/** What an update that is not refused comes to. */
export interface Changed {
  facts: Facts;
  /** What it tells that it changed. */
  fields: string[];
  /** Agents of which it clears secrets. */
  cleared: Item[];
  /** Agents whose host agents it tells. */
  touched: Item[];
}

/** An EDITOR moves no secret: where it would go elsewhere, it is cleared unless it is given anew. */
export function changeOf(roll: Roll, of: Collection, item: Item, given: Facts, role: Role): Changed {
  const { fields } = of.kinds[item.kind]!;
  const facts = stored(of, item.kind, { ...item.facts, ...given });
  const differing = differences(item.facts, facts);
  const isMoved = role === 'editor' && differing.some((field) => fields[field]!.guards);
  if (isMoved) for (const field of secretsOf(of, item)) facts[field] = given[field] != null;
  const setAnew = secretsOf(of, { ...item, facts }).filter((field) => given[field] != null);
  const changed = [...new Set([...differences(item.facts, facts), ...setAnew])];
  if (of.noun !== 'service')
    return { facts, fields: changed, cleared: [], touched: touchedBy(roll, of, item, changed) };
  const observers = roll.observers(item.id);
  const cleared = isMoved ? observers.map((each) => [each, secretsOf(COLLECTION.agent, each)] as const) : [];
  return {
    facts,
    fields: [...changed, ...cleared.flatMap(([{ id }, secrets]) => secrets.map((field) => `agent ${id}: ${field}`))],
    cleared: cleared.filter(([, secrets]) => secrets.length > 0).map(([each]) => each),
    touched: changed.some((field) => fields[field]!.guards) ? observers : [],
  };
}

const PLACE = ['address', 'region', 'instanceId'];

/** An agent whose labels alone change runs as before; what observes a node that is found elsewhere does not. */
function touchedBy(roll: Roll, of: Collection, item: Item, changed: string[]): Item[] {
  if (of.noun === 'node') return changed.some((field) => PLACE.includes(field)) ? roll.observers(item.id) : [];
  return of.noun === 'agent' && changed.some((field) => field !== 'labels') ? [item] : [];
}

/** The secrets that it has. */
export function secretsOf({ kinds }: Collection, { kind, facts }: Item): string[] {
  return Object.entries(kinds[kind]!.fields).flatMap(([field, { secret }]) => (secret && facts[field] ? [field] : []));
}

/** The kind that the own fields in what is given are said to be of: the item's, where it has them all. */
export function settingsKindOf(of: Collection, item: Item | undefined, kind: string, given: Facts): string {
  if (!item) return kind;
  const own = typeFieldsOf(of);
  const isForeign = Object.keys(given).some((field) => own.includes(field) && !(field in of.kinds[item.kind]!.fields));
  return isForeign ? kind : item.kind;
}

function differences(before: Facts, after: Facts): string[] {
  return Object.keys(before).filter((field) => !isDeepStrictEqual(before[field], after[field]));
}
