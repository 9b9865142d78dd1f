import * as fc from 'fast-check';
import type { Role } from './change';
import type { Collection, Facts, Field, Noun } from './collection';
import { COLLECTIONS, typeFieldsOf } from './collections';
import { HIGHEST, type Choice } from './place';

/**
 * One call of a random sequence. Which item it is about is a number, taken modulo how many there are when its turn comes, so that
 * what is left of a sequence is one, too.
 */
export type Step =
  | ({ do: 'add'; of: Noun; kind: string; given: Facts } & Choice)
  | ({ do: 'update'; of: Noun } & Update)
  | { do: 'remove'; of: Noun; which: number; force: boolean; dryRun: boolean }
  | { do: 'enrol'; name: string }
  | ({ do: 'list'; of: Noun; which: number } & Listing);

interface Update {
  which: number;
  /** One that has all that is given. */
  kind: string;
  given: Facts;
  expected: 'nothing' | 'this' | 'another';
  dryRun: boolean;
  as: Role;
}

export interface Listing {
  filter: number;
  field: 'OWN' | 'CREATED_AT' | 'UPDATED_AT';
  way: 'ASC' | 'DESC';
  direction: 'forward' | 'backward';
  size: number;
  /** Which of the lists within other things. */
  nested: number;
}

const which = fc.nat({ max: HIGHEST });
const sometimes = fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) });

const rarely = fc.nat({ max: 9 }).map((number) => number === 9);

/** Objects as they are written. */
const PLAIN = { noNullPrototype: true } as const;

/** Mostly what passes; what does not shrinks to what does. */
function valueOf({ good, bad = [] }: Field, nullable: boolean): fc.Arbitrary<unknown> {
  const wrong = bad.map(([value]) => value).filter((value) => nullable || value !== null);
  return fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(...good) },
    ...(nullable ? [{ weight: 4, arbitrary: fc.constant(null) }] : []),
    ...(wrong.length > 0 ? [{ weight: 1, arbitrary: fc.constantFrom(...wrong) }] : []),
  );
}

function addition({ noun, kinds }: Collection, kind: string): fc.Arbitrary<Step> {
  const fields = Object.entries(kinds[kind]!.fields).filter(([, { added }]) => added !== 'never');
  const values = fields.map(
    ([field, known]) => [field, valueOf(known, !['required', 'not null'].includes(known.added ?? ''))] as const,
  );
  const requiredKeys = fields.flatMap(([field, { added }]) =>
    added === 'required' || added === 'mostly' ? [field] : [],
  );
  const given = fc.record<Facts>(Object.fromEntries(values), { requiredKeys, ...PLAIN });
  const choice = { which, other: which, astray: rarely };
  return fc.record({ do: fc.constant('add'), of: fc.constant(noun), kind: fc.constant(kind), given, ...choice }, PLAIN);
}

/** Some fields of one kind, or some that belong together. */
function changes(collection: Collection): fc.Arbitrary<Pick<Update, 'kind' | 'given'>> {
  const rare = new Set(typeFieldsOf(collection));
  const kinds = Object.entries(collection.kinds).map(([kind, { fields }]) => {
    const single = Object.entries(fields).map(([field, known]) => ({
      weight: rare.has(field) && !collection.nestsSettings ? 1 : 3,
      arbitrary: fc.record<Facts>({ [field]: valueOf(known, true) }, PLAIN),
    }));
    const several = fc.array(fc.oneof(...single), { maxLength: 2 });
    return several.map((parts) => ({ kind, given: Object.assign({}, ...parts) as Facts }));
  });
  const together = collection.together.map((given) => {
    const hasAll = ([, { fields }]: [string, Collection['kinds'][string]]) =>
      Object.keys(given).every((field) => field in fields);
    return { kind: Object.entries(collection.kinds).find(hasAll)![0], given };
  });
  return fc.oneof(
    { weight: 6, arbitrary: fc.oneof(...kinds) },
    ...(together.length > 0 ? [{ weight: 1 + together.length, arbitrary: fc.constantFrom(...together) }] : []),
  );
}

function update(collection: Collection): fc.Arbitrary<Step> {
  const others = fc.record(
    {
      do: fc.constant('update'),
      of: fc.constant(collection.noun),
      which,
      expected: fc.constantFrom('nothing', 'nothing', 'nothing', 'this', 'this', 'another'),
      dryRun: sometimes,
      as: fc.constantFrom('editor', 'editor', 'admin'),
    },
    PLAIN,
  );
  return fc.tuple(others, changes(collection)).map(([step, change]) => ({ ...step, ...change }));
}

const removal: fc.Arbitrary<Step> = fc.record(
  {
    do: fc.constant('remove'),
    of: fc.constantFrom(...COLLECTIONS.map(({ noun }) => noun)),
    which,
    force: fc.boolean(),
    dryRun: sometimes,
  },
  PLAIN,
);

const enrolment: fc.Arbitrary<Step> = fc.record(
  {
    do: fc.constant('enrol'),
    name: fc.constantFrom('a', 'B', 'host', 'Host'),
  },
  PLAIN,
);

const list: fc.Arbitrary<Step> = fc.record(
  {
    do: fc.constant('list'),
    of: fc.constantFrom(...COLLECTIONS.map(({ noun }) => noun)),
    which,
    filter: fc.nat({ max: 7 }),
    field: fc.constantFrom('OWN', 'CREATED_AT', 'UPDATED_AT'),
    way: fc.constantFrom('ASC', 'DESC'),
    direction: fc.constantFrom('forward', 'backward'),
    size: fc.integer({ min: 1, max: 5 }),
    nested: fc.nat({ max: 7 }),
  },
  PLAIN,
);

/** Sequences of up to so many calls. */
export function steps(most: number): fc.Arbitrary<Step[]> {
  const additions = COLLECTIONS.map((each) => fc.oneof(...Object.keys(each.kinds).map((kind) => addition(each, kind))));
  const step = fc.oneof(
    ...additions.map((arbitrary, at) => ({ weight: [5, 6, 9][at]!, arbitrary })),
    ...COLLECTIONS.map((each, at) => ({ weight: [3, 5, 4][at]!, arbitrary: update(each) })),
    { weight: 4, arbitrary: removal },
    { weight: 1, arbitrary: enrolment },
    { weight: 3, arbitrary: list },
  );
  return fc.array(step, { minLength: 1, maxLength: most, size: 'max' });
}

const START_CHOICE = { which: 0, other: 0, astray: false };
const AT = { address: 'here', port: 1 };

/** What each sequence begins with, so that most calls find what they are about. */
export const START: Step[] = [
  { do: 'add', of: 'node', kind: 'generic', given: { name: 'start', address: 'alpha' }, ...START_CHOICE },
  { do: 'add', of: 'agent', kind: 'hostAgent', given: {}, ...START_CHOICE },
  { do: 'add', of: 'service', kind: 'postgresql', given: { name: 'start', ...AT }, ...START_CHOICE },
  {
    do: 'add',
    of: 'agent',
    kind: 'postgresExporter',
    given: { username: 'root', password: 'p', tlsKey: 'q' },
    ...START_CHOICE,
  },
];
