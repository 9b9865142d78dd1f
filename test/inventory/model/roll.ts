import { isDeepStrictEqual } from 'node:util';
import { COLLECTIONS, typeFieldsOf, type Collection, type Facts } from './collections';

export type Noun = Collection['noun'];

/** What the roll has of a node or a service. */
export interface Item {
  id: string;
  kind: string;
  createdAt: string;
  updatedAt: string;
  facts: Facts;
  /** Of a service. */
  nodeId?: string;
}

/** What a host agent on the roll is known by. */
interface HostAgent {
  id: string;
  nodeId: string;
}

/** The code that a call is refused with; the fields that it names are one of `paths`, for the database looks at constraints in its own order. */
export interface Refused {
  code: string;
  paths: string[][];
  dependants?: { services: number; agents: number };
}

/** The roll, as simple as it can be: what each call must answer, and what it must leave behind. */
export class Roll {
  readonly items: Record<Noun, Item[]> = { node: [], service: [] };
  agents: HostAgent[] = [];

  find(noun: Noun, id: string): Item | undefined {
    return this.items[noun].find((item) => item.id === id);
  }

  /** Null: an item with these facts is added. */
  refusesAddition(of: Collection, kind: string, facts: Facts, nodeId?: string): Refused | null {
    const path = `input.${kind}`;
    const faults = faultsOf(of, kind, facts);
    if (faults.length > 0) return badInput(path, faults);
    const taken = this.taken(of, kind, facts);
    if (taken.length > 0) return conflict(path, taken);
    return nodeId !== undefined && !this.find('node', nodeId) ? notFound : null;
  }

  /** Null: what is given is stored. */
  refusesUpdate(of: Collection, id: string, given: Facts, expectedUpdatedAt: string | undefined): Refused | null {
    const item = this.find(of.noun, id);
    if (!item) return notFound;
    if (expectedUpdatedAt !== undefined && expectedUpdatedAt !== item.updatedAt)
      return conflict('input', ['expectedUpdatedAt']);
    const { fields } = of.kinds[item.kind]!;
    const unfit = Object.entries(given).filter(([field, value]) =>
      field in fields ? value === null && fields[field]!.kept : typeFieldsOf(of).includes(field),
    );
    if (unfit.length > 0)
      return badInput(
        'input',
        unfit.map(([field]) => field),
      );
    const after = { ...item.facts, ...given };
    const faults = faultsOf(of, item.kind, after);
    if (faults.length > 0) return badInput('input', faults);
    const taken = this.taken(of, item.kind, after, id);
    return taken.length > 0 ? conflict('input', taken) : null;
  }

  refusesRemoval(noun: Noun, id: string, force: boolean): Refused | null {
    if (!this.find(noun, id)) return notFound;
    const { services, agents } = this.dependants(noun, id);
    const refused = { code: 'FAILED_PRECONDITION', paths: [[]], dependants: { services, agents } };
    return force || services + agents === 0 ? null : refused;
  }

  /** It goes, and what hangs on it. */
  remove(id: string): void {
    const keep = ({ id: itemId, nodeId }: { id: string; nodeId?: string }) => itemId !== id && nodeId !== id;
    for (const { noun: each } of COLLECTIONS) this.items[each] = this.items[each].filter(keep);
    this.agents = this.agents.filter(keep);
  }

  /** What hangs on an item. */
  dependants(noun: Noun, id: string): { services: number; agents: number } {
    if (noun === 'service') return { services: 0, agents: 0 };
    const here = ({ nodeId }: { nodeId?: string }) => nodeId === id;
    return { services: this.items.service.filter(here).length, agents: this.agents.filter(here).length };
  }

  private taken({ noun, kinds, unique }: Collection, kind: string, facts: Facts, self?: string): string[] {
    return unique.flatMap(([field, key]) => {
      const wanted = key(kinds[kind]!.type, facts);
      const holds = (other: Item) => other.id !== self && key(kinds[other.kind]!.type, other.facts) === wanted;
      return wanted !== null && this.items[noun].some(holds) ? [field] : [];
    });
  }
}

const notFound: Refused = { code: 'NOT_FOUND', paths: [[]] };

const badInput = (path: string, faults: string[]): Refused => ({
  code: 'BAD_USER_INPUT',
  paths: [[...new Set(faults)].map((fault) => `${path}.${fault}`).toSorted()],
});

const conflict = (path: string, fields: string[]): Refused => ({
  code: 'CONFLICT',
  paths: fields.map((field) => [`${path}.${field}`]),
});

/** The fields that are at fault, each with its place. */
function faultsOf({ kinds }: Collection, kind: string, facts: Facts): string[] {
  const { fields, rule } = kinds[kind]!;
  const bad = Object.entries(fields).flatMap(([field, values]) =>
    (values.bad ?? [])
      .filter(([value]) => isDeepStrictEqual(value, facts[field]))
      .map(([, place]) => `${field}${place}`),
  );
  return [...bad, ...rule(facts)];
}

/** All facts of a kind as they are stored: what is not said is null or its fallback, tags each once, labels by name. */
export function stored({ kinds }: Collection, kind: string, given: Facts): Facts {
  return Object.fromEntries(
    Object.entries(kinds[kind]!.fields).map(([field, { fallback = null }]) => [field, tidy(given[field] ?? fallback)]),
  );
}

const byName = (one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1);

function tidy(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return typeof value[0] === 'object' ? (value as { name: string }[]).toSorted(byName) : [...new Set(value)];
}

/** The fields of two rounds of facts that differ. */
export function changedFields(before: Facts, after: Facts): string[] {
  return Object.keys(before).filter((field) => !isDeepStrictEqual(before[field], after[field]));
}
