import { isDeepStrictEqual } from 'node:util';
import type { Collection, Facts, Links, Noun } from './collection';
import { COLLECTIONS, typeFieldsOf } from './collections';

/** What the roll has of a node, a service or an agent. */
export interface Item {
  id: string;
  kind: string;
  createdAt: string;
  updatedAt: string;
  facts: Facts;
  links: Links;
  /** Of a host agent: how often what it should run has changed. */
  generation?: number;
  /** Of one that enrolled. */
  hasKey?: true;
}

/** The code that a call is refused with; the fields that it names are one of `paths`, for the database looks at constraints in its own order. */
export interface Refused {
  code: string;
  paths: string[][];
  dependants?: { services: number; agents: number };
}

/** An update as it is judged. */
export interface Change {
  id: string;
  given: Facts;
  /** The kind that the own fields in it are said to be of. */
  settingsKind: string;
  expectedUpdatedAt: string | undefined;
}

/** The roll, as simple as it can be: what each call must answer, and what it must leave behind. */
export class Roll {
  readonly items: Record<Noun, Item[]> = { node: [], service: [], agent: [] };

  find(noun: Noun, id: string): Item | undefined {
    return this.items[noun].find((item) => item.id === id);
  }

  /** Null: an item with these facts is added there. */
  refusesAddition(of: Collection, kind: string, given: Facts, place: Refused | null = null): Refused | null {
    const path = `input.${kind}`;
    const facts = stored(of, kind, given);
    const faults = faultsOf(of, kind, facts);
    if (faults.length > 0) return badInput(path, faults);
    if (place) return place;
    const taken = this.taken(of, kind, facts);
    return taken.length > 0 ? conflict(path, taken) : null;
  }

  /** Null: what is given is stored. */
  refusesUpdate(of: Collection, { id, given, settingsKind, expectedUpdatedAt }: Change): Refused | null {
    const item = this.find(of.noun, id);
    if (!item) return notFound;
    if (expectedUpdatedAt !== undefined && expectedUpdatedAt !== item.updatedAt)
      return conflict('input', ['expectedUpdatedAt']);
    const unfit = unfitOf(of, item, given);
    if (unfit.length > 0) return badInput('input', unfit);
    const faults = of.nestsSettings
      ? settingsFaults(of, item, given, settingsKind)
      : faultsOf(of, item.kind, { ...item.facts, ...given });
    if (faults.length > 0) return badInput('input', faults);
    const taken = this.taken(of, item.kind, { ...item.facts, ...given }, id);
    return taken.length > 0 ? conflict('input', taken) : null;
  }

  refusesRemoval(noun: Noun, id: string, force: boolean): Refused | null {
    if (!this.find(noun, id)) return notFound;
    const { service: services, agent: agents } = this.dependants(noun, id);
    const dependants = { services: services.length, agents: agents.length };
    const refused = { code: 'FAILED_PRECONDITION', paths: [[]], dependants };
    return force || services.length + agents.length === 0 ? null : refused;
  }

  /** It goes, and what hangs on it. Host agents that stay are told when they had to do with it. */
  remove(noun: Noun, id: string): void {
    const { service, agent } = this.dependants(noun, id);
    const gone = [this.find(noun, id)!, ...service, ...agent];
    for (const each of COLLECTIONS)
      this.items[each.noun] = this.items[each.noun].filter((item) => !gone.includes(item));
    this.tell(gone);
  }

  /** What hangs on an item: services of a node, and agents that run there, observe any of it, or are started and stopped by it. */
  dependants(noun: Noun, id: string): Record<'service' | 'agent', Item[]> {
    const hangsOn = (ids: string[]) => (item: Item) =>
      Object.values(item.links).some((link) => ids.includes(link ?? ''));
    const service = noun === 'node' ? this.items.service.filter(hangsOn([id])) : [];
    return { service, agent: this.items.agent.filter(hangsOn([id, ...service.map((each) => each.id)])) };
  }

  observers(id: string): Item[] {
    return this.items.agent.filter(({ links }) => links['observedService'] === id || links['observedNode'] === id);
  }

  /** What the host agents of these should run is another now; each is told once. */
  tell(agents: Item[]): void {
    const told = new Set(agents.map(({ links }) => links['supervisor']));
    for (const item of this.items.agent) if (told.has(item.id)) item.generation!++;
  }

  private taken({ noun, kinds, unique }: Collection, kind: string, facts: Facts, self?: string): string[] {
    return unique.flatMap(([field, key]) => {
      const wanted = key(kinds[kind]!.type, facts);
      const holds = (other: Item) => other.id !== self && key(kinds[other.kind]!.type, other.facts) === wanted;
      return wanted !== null && this.items[noun].some(holds) ? [field] : [];
    });
  }
}

export const notFound: Refused = { code: 'NOT_FOUND', paths: [[]] };

const badInput = (path: string, faults: string[]): Refused => ({
  code: 'BAD_USER_INPUT',
  paths: [[...new Set(faults)].map((fault) => `${path}.${fault}`).toSorted()],
});

export const conflict = (path: string, fields: string[]): Refused => ({
  code: 'CONFLICT',
  paths: fields.map((field) => [`${path}.${field}`]),
});

/** What is given that an item of its kind does not have, or that cannot be cleared. */
function unfitOf(of: Collection, item: Item, given: Facts): string[] {
  const { fields } = of.kinds[item.kind]!;
  const own = typeFieldsOf(of);
  return Object.entries(given)
    .filter(([field]) => !of.nestsSettings || !own.includes(field))
    .filter(([field, value]) => (field in fields ? value === null && fields[field]!.kept : own.includes(field)))
    .map(([field]) => field);
}

/** What is wrong with settings below the name of a kind, which is not the item's when that has not all of them. */
function settingsFaults(of: Collection, { kind }: Item, given: Facts, settingsKind: string): string[] {
  const { fields } = of.kinds[kind]!;
  const own = typeFieldsOf(of);
  const faults = faultsOf(of, kind, given, (field) => (own.includes(field) ? `settings.${kind}.${field}` : field));
  const cleared = Object.keys(given).filter((field) => given[field] === null && fields[field]?.kept);
  if (settingsKind === kind) return [...faults, ...cleared.map((field) => `settings.${kind}.${field}`)];
  return [...faults.filter((fault) => !fault.startsWith('settings.')), `settings.${settingsKind}`];
}

/** The fields that are at fault, each with its place. */
function faultsOf(
  { kinds }: Collection,
  kind: string,
  facts: Facts,
  at: (field: string) => string = (field) => field,
): string[] {
  const { fields, rule } = kinds[kind]!;
  const bad = Object.entries(fields).flatMap(([field, values]) =>
    (values.bad ?? [])
      .filter(([value]) => isDeepStrictEqual(value, facts[field]))
      .map(([, place]) => `${at(field)}${place}`),
  );
  return [...bad, ...rule(facts)];
}

/** All facts of a kind as they are stored: what is not said is null or its fallback, tags each once, labels by name, secrets whether they are set. */
export function stored({ kinds }: Collection, kind: string, given: Facts): Facts {
  return Object.fromEntries(
    Object.entries(kinds[kind]!.fields).map(([field, { fallback = null, secret }]) => [
      field,
      secret ? Boolean(given[field]) : tidy(given[field] ?? fallback),
    ]),
  );
}

const byName = (one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1);

function tidy(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return typeof value[0] === 'object' ? (value as { name: string }[]).toSorted(byName) : [...new Set(value)];
}
