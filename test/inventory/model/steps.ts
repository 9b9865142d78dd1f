import * as fc from 'fast-check';
import { COLLECTIONS, fieldsOf, typeFieldsOf, type Collection, type Facts, type Field } from './collections';

/**
 * One call of a random sequence. Which item it is about is a number, taken modulo how many there are when its turn comes, so that
 * what is left of a sequence is one, too.
 */
export type Step =
  | { do: 'add'; of: Noun; kind: string; given: Facts; which: number }
  | { do: 'update'; of: Noun; which: number; given: Facts; expected: 'nothing' | 'this' | 'another'; dryRun: boolean }
  | { do: 'remove'; of: Noun; which: number; force: boolean; dryRun: boolean }
  | { do: 'enrol'; name: string }
  | ({ do: 'list'; of: Noun; which: number } & Listing);

type Noun = Collection['noun'];

export interface Listing {
  filter: number;
  field: 'NAME' | 'CREATED_AT' | 'UPDATED_AT';
  way: 'ASC' | 'DESC';
  direction: 'forward' | 'backward';
  size: number;
  /** The services of one node alone. */
  nested: boolean;
}

/** Chooses nothing that is there. */
export const HIGHEST = 12;

const which = fc.nat({ max: HIGHEST });
const sometimes = fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) });

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
  const fields = Object.entries(kinds[kind]!.fields);
  const values = fields.map(([field, known]) => [field, valueOf(known, known.added !== 'required')] as const);
  const requiredKeys = fields.flatMap(([field, { added }]) => (added ? [field] : []));
  const given = fc.record<Facts>(Object.fromEntries(values), { requiredKeys, ...PLAIN });
  return fc.record({ do: fc.constant('add'), of: fc.constant(noun), kind: fc.constant(kind), given, which }, PLAIN);
}

function update(collection: Collection): fc.Arbitrary<Step> {
  const rare = new Set(typeFieldsOf(collection));
  const single = fc.oneof(
    ...Object.entries(fieldsOf(collection)).map(([field, known]) => ({
      weight: rare.has(field) ? 1 : 3,
      arbitrary: fc.record<Facts>({ [field]: valueOf(known, true) }, PLAIN),
    })),
  );
  const several = fc.array(single, { maxLength: 2 }).map((parts) => Object.assign({}, ...parts) as Facts);
  return fc.record(
    {
      do: fc.constant('update'),
      of: fc.constant(collection.noun),
      which,
      given: fc.oneof(
        { weight: 6, arbitrary: several },
        { weight: 1, arbitrary: fc.constantFrom(...collection.together) },
      ),
      expected: fc.constantFrom('nothing', 'nothing', 'nothing', 'this', 'this', 'another'),
      dryRun: sometimes,
    },
    PLAIN,
  );
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
    filter: fc.nat({ max: 6 }),
    field: fc.constantFrom('NAME', 'CREATED_AT', 'UPDATED_AT'),
    way: fc.constantFrom('ASC', 'DESC'),
    direction: fc.constantFrom('forward', 'backward'),
    size: fc.integer({ min: 1, max: 5 }),
    nested: sometimes,
  },
  PLAIN,
);

/** Sequences of up to so many calls. */
export function steps(most: number): fc.Arbitrary<Step[]> {
  const additions = COLLECTIONS.map((each) => fc.oneof(...Object.keys(each.kinds).map((kind) => addition(each, kind))));
  const step = fc.oneof(
    ...additions.map((arbitrary) => ({ weight: 6, arbitrary })),
    ...COLLECTIONS.map((each) => ({ weight: 3, arbitrary: update(each) })),
    { weight: 2, arbitrary: removal },
    { weight: 1, arbitrary: enrolment },
    { weight: 2, arbitrary: list },
  );
  return fc.array(step, { minLength: 1, maxLength: most, size: 'max' });
}
