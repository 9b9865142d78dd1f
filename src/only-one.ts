import { InvalidInput } from './errors';

/**
 * The one field of an input that is given, as name and value. A fast executor may pass on what @oneOf forbids, so use cases
 * look themselves. Throws InvalidInput unless exactly one is neither absent nor null.
 */
export function onlyOne<Input extends object>(
  input: Input,
  path: string,
): [keyof Input & string, NonNullable<Input[keyof Input]>] {
  const given = Object.entries(input).filter(([, value]) => value !== null && value !== undefined);
  if (given.length !== 1) throw new InvalidInput([{ path, message: 'Give exactly one of its fields.' }]);
  return given[0] as [keyof Input & string, NonNullable<Input[keyof Input]>];
}
