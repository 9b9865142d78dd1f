/** What a field is tried with: values that pass by themselves, and some that do not, with the place of the fault below the field. */
export interface Field {
  good: readonly unknown[];
  bad?: readonly (readonly [value: unknown, place: string])[];
  /** Additions must have it, have it mostly, since little passes without, have no null for it, or have no such field. */
  added?: 'required' | 'mostly' | 'not null' | 'never';
  /** An update cannot clear it. */
  kept?: true;
  /** What it is when nothing is said. */
  fallback?: unknown;
  /** In no answer: there is only whether it is set, and that is its fact. */
  secret?: true;
  /** Decides where secrets go, and how well they are kept on their way. */
  guards?: true;
}

export type Facts = Record<string, unknown>;

export type Noun = 'node' | 'service' | 'agent';

/** The ids of what an item is related to, under the names of the fields that lead there. */
export type Links = Record<string, string | null>;

export interface Kind {
  type: string;
  typename: string;
  /** All of its fields, own ones included. */
  fields: Record<string, Field>;
  /** Which fields are at fault for what others are. */
  rule: (facts: Facts) => string[];
  /** Of agents beside host agents. */
  watches?: Watches;
}

/** What a kind of agents goes with. */
export interface Watches {
  /** Whether a host agent starts and stops it. */
  supervised: boolean;
  /** The kind of service that it observes. */
  service?: string;
  /** The kind of node that is made for it; those that observe no service and have none observe the node that they run on. */
  node?: string;
  /** The kinds of nodes that it can observe, or run on unsupervised. */
  nodes?: readonly string[];
}

/** What a list is narrowed by; ID in it is the id of something that is there, of this noun. */
export type Filter = readonly [
  argument: string,
  holds: (type: string, facts: Facts, links: Links, id: string | undefined) => boolean,
  of?: Noun,
];

/** One kind of objects on the roll, as a table: what it is made of, what must be unique, and what it is asked for by. */
export interface Collection {
  noun: Noun;
  kinds: Record<string, Kind>;
  /** Where its relations lead. */
  links: Record<string, Noun>;
  /** A field that is refused when another has the same key; null: none. */
  unique: readonly (readonly [field: string, key: (type: string, facts: Facts) => string | null])[];
  /** Changes of several fields that belong together, for random updates to meet them. */
  together: readonly Facts[];
  /** What it is sorted by beside times. */
  order: readonly [field: string, value: (type: string, facts: Facts) => string];
  /** Arguments of its list, and what they leave. */
  filters: readonly Filter[];
  /** Its lists within other things, by the relation that leads back. */
  nested: readonly (readonly [list: string, link: string])[];
  /** An update has the own fields of a kind below `settings`, under the name of the kind. */
  nestsSettings?: true;
}

export const NOTHING = ['', ''] as const;

export const text = (...good: unknown[]): Field => ({ good, bad: [NOTHING] });

export const kept = (good: unknown[], bad: Field['bad'] = [NOTHING]): Field => ({
  good,
  bad,
  added: 'required',
  kept: true,
});

export const LABELS: Field = {
  good: [
    [],
    [{ name: 'team', value: 'core' }],
    [
      { name: 'team', value: 'x' },
      { name: 'app', value: 'shop' },
    ],
  ],
  bad: [[[{ name: 'job', value: 'x' }], '.0']],
  fallback: [],
};

export const none = () => [];

export const lower = (value: unknown) => (value as string).toLowerCase();

export const hasLabel = (facts: Facts, name: string) =>
  (facts['labels'] as { name: string }[]).some((label) => label.name === name);
