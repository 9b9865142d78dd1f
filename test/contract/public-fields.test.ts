import { getNamedType, isLeafType, isObjectType, type GraphQLOutputType } from 'graphql';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { authorize, guardedFields } from '../../src/access/authorization';
import { createSchema } from '../../src/schema';

// Written by hand: whoever opens a field to everybody changes this file, too, and says why in the review.
const COMMITTED = readFileSync(path.join(__dirname, 'public-fields.txt'), 'utf8').trimEnd().split('\n');

const publicFields = guardedFields(createSchema()).filter(({ field }) => field.extensions['access'] === 'PUBLIC');

test('nothing is public but what public-fields.txt lists', () => {
  expect(publicFields.map(({ type, field }) => `${type.name}.${field.name}`).toSorted()).toEqual(COMMITTED);
});

test('a rule of any other kind refuses the anonymous', () => {
  for (const access of ['ANY', 'AGENT', 'VIEWER', 'EDITOR', 'ADMIN'] as const)
    expect(() => authorize(access as never, null)).toThrow('Give an API key');
});

test.each(publicFields.map(({ type, field }) => [`${type.name}.${field.name}`, field.type] as const))(
  '%s gives scalars, or one object of scalars, so that it opens no way into the inventory',
  (_, type) => {
    expect(deeperThanScalars(type)).toEqual([]);
  },
);

/** The fields of a public answer that lead further. */
function deeperThanScalars(output: GraphQLOutputType): string[] {
  const type = getNamedType(output);
  if (isLeafType(type)) return [];
  if (!isObjectType(type)) return [type.name];
  return Object.values(type.getFields())
    .filter((field) => !isLeafType(getNamedType(field.type)))
    .map(({ name }) => `${type.name}.${name}`);
}
