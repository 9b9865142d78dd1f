import { getIntrospectionQuery, Kind, parse, validate, type OperationDefinitionNode } from 'graphql';
import { createSchema } from '../../src/schema';
// After what brings the metadata that decorators need.
import { objectsAskedFor } from '../../src/document/objects';

const schema = createSchema();

function objects(text: string, variables: Record<string, unknown> = {}): number {
  const document = parse(text);
  expect(validate(schema, document)).toEqual([]);
  const operation = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  return objectsAskedFor({ schema, document, operation: operation as OperationDefinitionNode, variables });
}

test.each<[string, string, number]>([
  ['a field of scalars asks for none', '{ __typename }', 0],
  ['a field of an object asks for one', '{ version { version } }', 1],
  ['so does each of its fields of objects', '{ caller { role apiKey { id createdBy { name } } } }', 3],
  ['a list asks for itself and for each item of a page', '{ nodes(first: 7) { nodes { id } } }', 8],
  ['the page is 50 long unless said', '{ nodes { nodes { id } } }', 51],
  ['the page is what last says, too', '{ nodes(last: 3) { nodes { id } } }', 4],
  ['of first and last the greater holds', '{ nodes(last: 3, first: 5) { nodes { id } } }', 6],
  ['edges are objects with a node in each', '{ nodes(first: 7) { edges { node { id } } } }', 15],
  ['the rest of a connection is one object', '{ nodes(first: 7) { totalCount pageInfo { hasNextPage } } }', 2],
  [
    'pages multiply with the pages that they stand in',
    '{ nodes(first: 10) { nodes { services(first: 20) { nodes { id } } } } }',
    1 + 10 * (1 + 1 + 20),
  ],
  [
    'the page of an outer list is not that of an inner one',
    '{ nodes(first: 3) { nodes { services { nodes { id } } } } }',
    1 + 3 * (1 + 1 + 50),
  ],
  ['labels count as many as there may be', '{ nodes(first: 3) { nodes { labels { name } } } }', 1 + 3 * (1 + 64)],
  [
    'another list without pages counts as ten',
    '{ auditEvents(first: 3) { nodes { changes { field } } } }',
    1 + 3 * (1 + 10),
  ],
  [
    'fragments count where they stand, with the page there',
    `{ few: nodes(first: 3) { ...N } many: nodes(first: 5) { ... on NodeConnection { ...N } } }
     fragment N on NodeConnection { nodes { ... on GenericNode { services(first: 1) { nodes { id } } } } }`,
    2 + (3 + 5) * (1 + 1 + 1),
  ],
  ['a size beyond the largest page counts as that', '{ nodes(first: 2000000000) { nodes { id } } }', 201],
  ['a size below nothing counts as nothing', '{ nodes(first: -5) { nodes { id } } }', 1],
  ['a size that is null counts as the usual page', '{ nodes(first: null) { nodes { id } } }', 51],
])('%s', (_, text, expected) => {
  expect(objects(text)).toBe(expected);
});

test('fragments that double at each of sixty levels are counted at once', () => {
  const fragments = Array.from(
    { length: 60 },
    (_, index) => `fragment F${index} on Query { ...F${index + 1} ... on Query { ...F${index + 1} } }`,
  );
  expect(objects(`{ ...F0 } ${fragments.join(' ')} fragment F60 on Query { version { version } }`)).toBe(1e15);
});

describe('a size that a variable says', () => {
  const QUERY = 'query ($size: Int = 9) { nodes(first: $size) { nodes { id } } }';
  test.each<[string, Record<string, unknown>, number]>([
    ['is the variable’s', { size: 20 }, 21],
    ['is its default when it does not come', {}, 10],
    ['is the usual page when it is null', { size: null }, 51],
    ['is the usual page when it is no number, which is refused later', { size: '20' }, 51],
  ])('%s', (_, variables, expected) => {
    expect(objects(QUERY, variables)).toBe(expected);
  });

  test('is its default also under a name that every object has', () => {
    expect(objects(QUERY.replaceAll('$size', '$constructor'))).toBe(10);
  });
});

test('the whole schema is within the usual bound', () => {
  expect(objects(getIntrospectionQuery({ inputValueDeprecation: true }))).toBeLessThan(50_000);
});

test('what exceeds all numbers of objects is told as a great one', () => {
  const deep = (levels: number): string =>
    levels === 0 ? 'id' : `id services(first: 200) { nodes { node { ${deep(levels - 1)} } } }`;
  expect(objects(`{ nodes(first: 200) { nodes { ${deep(12)} } } }`)).toBe(1e15);
});
