import { InvalidInput } from '../errors';
import { isUuid } from '../scalars/uuid';
import type { Parameters } from './parameters';

/** A filter that can hold others of its kind. */
export interface Combinable<Filter> {
  and?: Filter[] | null;
  or?: Filter[] | null;
  not?: Filter | null;
}

const MOST_LEVELS = 5;
const MOST_CONDITIONS = 50;

/** The SQL conditions of a filter's own fields. */
export type OwnConditions<Filter> = (filter: Filter, parameters: Parameters, path: string) => string[];

/**
 * The SQL condition of a filter with all that is nested in it; `true` when there is none.
 * Throws InvalidInput beyond 5 levels or 50 conditions, since neither is seen by the limits on documents.
 */
export function filterCondition<Filter extends Combinable<Filter>>(
  filter: Filter | null | undefined,
  own: OwnConditions<Filter>,
  parameters: Parameters,
): string {
  let count = 0;

  const all = (one: Filter, level: number, path: string): string => {
    if (level > MOST_LEVELS) throw tooMuch(path, `Nest ${MOST_LEVELS} levels at most.`);
    const mine = own(one, parameters, path);
    const nestedCount = (one.and?.length ?? 0) + (one.or?.length ?? 0) + (one.not ? 1 : 0);
    // One that says nothing counts, too: thousands of them are work.
    count += nestedCount === 0 ? Math.max(1, mine.length) : mine.length;
    if (count > MOST_CONDITIONS) throw tooMuch(path, `Give ${MOST_CONDITIONS} conditions at most.`);
    const nested = (filters: Filter[], name: string) =>
      filters.map((inner, index) => all(inner, level + 1, `${path}.${name}.${index}`));
    if (one.and) mine.push(...nested(one.and, 'and'));
    if (one.or) mine.push(one.or.length === 0 ? 'false' : `(${nested(one.or, 'or').join(' OR ')})`);
    // IS NOT TRUE and not NOT: where a column is null, the opposite of a condition on it holds.
    if (one.not) mine.push(`(${all(one.not, level + 1, `${path}.not`)}) IS NOT TRUE`);
    return mine.length === 0 ? 'true' : `(${mine.join(' AND ')})`;
  };

  return filter ? all(filter, 1, 'filter') : 'true';
}

/** The condition that an id column is one of these; a malformed id is an unknown id. */
export function idCondition(column: string, ids: readonly string[], parameters: Parameters): string {
  return `${column} = ANY (${parameters.add(ids.filter(isUuid))}::uuid[])`;
}

function tooMuch(path: string, message: string): InvalidInput {
  return new InvalidInput([{ path, message }]);
}
