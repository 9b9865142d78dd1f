import { Field, InputType } from 'type-graphql';
import { InvalidInput } from '../errors';
import type { Parameters } from './parameters';

@InputType({ description: 'A condition on text. All that are given must hold.' })
export class StringFilter {
  @Field(() => String, { nullable: true, description: 'Is exactly this.' })
  eq?: string | null;

  @Field(() => [String], { nullable: true, description: 'Is exactly one of these.' })
  in?: string[] | null;

  @Field(() => String, { nullable: true, description: 'Contains this, regardless of case; three characters at least.' })
  contains?: string | null;

  @Field(() => String, { nullable: true, description: 'Starts with this, regardless of case.' })
  startsWith?: string | null;
}

const SHORTEST_PART = 3;

/** The SQL of whether a column is a value, and whether it is one of several. */
interface Equality {
  eq(column: string, value: string): string;
  in(column: string, values: string): string;
}

const EQUALITY: Equality = {
  eq: (column, value) => `${column} = ${value}`,
  in: (column, values) => `${column} = ANY (${values}::text[])`,
};

/** Found by the index on its lower case, which is the only one that a unique name has. */
const NAME_EQUALITY: Equality = {
  eq: (column, value) =>
    `(lower(${column}) COLLATE "C" = lower(${value}) COLLATE "C" AND ${EQUALITY.eq(column, value)})`,
  in: (column, values) =>
    `(lower(${column}) COLLATE "C" = ANY (ARRAY(SELECT lower(name) FROM unnest(${values}::text[]) AS name))
      AND ${EQUALITY.in(column, values)})`,
};

/** The SQL conditions of a filter on a column. Throws InvalidInput, naming `path`, when a part to search for is too short. */
export function stringConditions(
  column: string,
  filter: StringFilter | null | undefined,
  parameters: Parameters,
  path: string,
  equality = EQUALITY,
): string[] {
  if (!filter) return [];
  const conditions: string[] = [];
  if (filter.eq != null) conditions.push(equality.eq(column, parameters.add(filter.eq)));
  if (filter.in != null) conditions.push(equality.in(column, parameters.add(filter.in)));
  if (filter.contains != null) {
    if (Array.from(filter.contains).length < SHORTEST_PART)
      throw new InvalidInput([{ path: `${path}.contains`, message: `Give ${SHORTEST_PART} characters at least.` }]);
    conditions.push(like(column, `%${escaped(filter.contains)}%`, parameters));
  }
  if (filter.startsWith != null) conditions.push(like(column, `${escaped(filter.startsWith)}%`, parameters));
  return conditions;
}

/** The same on the column `name` of the row `item`. */
export function nameConditions(
  filter: StringFilter | null | undefined,
  parameters: Parameters,
  path: string,
): string[] {
  return stringConditions('item.name', filter, parameters, path, NAME_EQUALITY);
}

function like(column: string, pattern: string, parameters: Parameters): string {
  return `lower(${column}) LIKE lower(${parameters.add(pattern)})`;
}

function escaped(part: string): string {
  return part.replace(/[\\%_]/g, '\\$&');
}
