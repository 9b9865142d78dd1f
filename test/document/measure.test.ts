import { parse } from 'graphql';
import { measureDocument, type Measure } from '../../src/document/measure';

function measure(text: string, most = { selections: 1000, nesting: 64 }): Measure {
  return measureDocument(parse(text), { most, counted: new Set(['counted']) });
}

/** Fragments of which each spreads the next twice. */
const doubled = (levels: number) =>
  Array.from({ length: levels }, (_, level) => `fragment F${level} on Q { ...F${level + 1} ...F${level + 1} }`).join();

describe('a document is measured', () => {
  test.each<[string, string, Partial<Measure>]>([
    ['by its selections, of whatever kind', '{ a ... { b } ...F } fragment F on Query { c }', { selections: 5 }],
    ['with all of its operations', 'query A { a } query B { b c }', { selections: 3 }],
    ['by the depth of its fields', '{ a { b { c } } d { e } }', { depth: 3 }],
    ['by depth without fragments', '{ a { ... { ...F } } } fragment F on A { b { c } }', { depth: 3 }],
    ['by nesting with fragments', '{ a { ... { ...F } } } fragment F on A { b { c } }', { nesting: 5 }],
    ['by its aliases, at any depth', '{ x: a { y: b } ...F } fragment F on Query { z: c }', { aliases: 3 }],
    [
      'by the directives on operations, variables, selections and fragments',
      'query ($v: Int @a @b) @c { d @e ... @f { g } ...F @h } fragment F on Query @i @j { k }',
      { directives: 8 },
    ],
    ['by the pairs of fields with one name', '{ a a a b }', { repetitions: 3 }],
    ['by such pairs under their names in the answer', '{ x: a x: b a }', { repetitions: 1 }],
    ['by such pairs in different fragments', '{ a ... { a } ...F } fragment F on Query { a }', { repetitions: 3 }],
    ['by such pairs inside fields that are one in the answer', '{ a { b c } a { b c } }', { repetitions: 3 }],
    ['without pairs in fields that are two', '{ a { b } c { b } }', { repetitions: 0 }],
  ])('%s', (_, text, expected) => {
    expect(measure(text)).toMatchObject(expected);
  });

  test('by how often certain fields stand in it, under any name and in any operation', () => {
    const text = 'mutation A { counted x: counted other ...F } mutation B { ...F } fragment F on M { counted }';
    expect(measure(text).fields).toEqual(new Map([['counted', 4]]));
  });
});

describe('a fragment', () => {
  test('counts as often as it is spread, also in other fragments', () => {
    const text = '{ ...A ...A } fragment A on Q { ...B ...B } fragment B on Q { x: a @b }';
    expect(measure(text)).toMatchObject({ selections: 10, aliases: 4, directives: 4, repetitions: 6 + 15 });
  });

  test('counts once when nothing spreads it', () => {
    expect(measure('{ a } fragment A on Q { x: b @c }')).toMatchObject({ selections: 2, aliases: 1, directives: 1 });
  });

  test('counts also when another has its name', () => {
    expect(measure('{ ...A } fragment A on Q { x: b y: c } fragment A on Q { z: d }')).toMatchObject({ aliases: 3 });
  });

  test('that is spread inside itself is followed once', () => {
    expect(measure('{ ...A } fragment A on Q { a ...B } fragment B on Q { b ...A }')).toMatchObject({ selections: 5 });
  });

  test('that nobody defines is one selection', () => {
    expect(measure('{ ...Absent }')).toMatchObject({ selections: 1 });
  });
});

describe('measuring ends', () => {
  test('beyond so many selections, though there were 2^50 of them', () => {
    const text = `{ ...F0 } ${doubled(50)} fragment F50 on Q { a }`;
    expect(measure(text, { selections: 100, nesting: 64 }).selections).toBe(101);
  });

  test('beyond so many levels', () => {
    expect(measure('{ a { b { c { d { e } } } } }', { selections: 100, nesting: 3 }).nesting).toBe(4);
  });
});
