import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { parseInstant } from '../instant';

/** Told when it is something else; says nothing of what was sent. */
export const INSTANT_WANTED = 'Give an instant such as 2026-11-20T08:30:00Z.';

/** Instants are Dates inside and RFC 3339 with milliseconds outside. Errors never quote what was sent. */
export const DateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description:
    'RFC 3339 instant in UTC with milliseconds, such as 2026-11-20T08:30:00.000Z. Other offsets are taken, too.',
  serialize: (value) => (value as Date).toISOString(),
  parseValue: parse,
  parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : null),
});

function parse(value: unknown): Date {
  const time = typeof value === 'string' ? parseInstant(value) : null;
  if (time) return time;
  throw new GraphQLError(INSTANT_WANTED);
}
