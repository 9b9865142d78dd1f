import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { formatDuration, parseDuration } from '../duration';

/** Told when it is something else; says nothing of what was sent. */
export const DURATION_WANTED = 'Give a whole number and a unit, such as 90s, 15m, 12h or 30d.';

/** Durations are seconds inside. */
export const Duration = new GraphQLScalarType<number, string>({
  name: 'Duration',
  description: 'A length of time: a whole number and a unit out of s, m, h, d. For example 90s, 15m, 12h, 30d.',
  serialize: (value) => formatDuration(value as number),
  parseValue: parse,
  parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : null),
});

function parse(value: unknown): number {
  const seconds = typeof value === 'string' ? parseDuration(value) : null;
  if (seconds !== null) return seconds;
  throw new GraphQLError(DURATION_WANTED);
}
