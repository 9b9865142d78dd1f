import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';

/** Told when it is something else; says nothing of what was sent. */
export const INSTANT_WANTED = 'Give an instant such as 2026-11-20T08:30:00Z.';

/** Date would take 24:00 for the next day; RFC 3339 has no such hour. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T(?!24)\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/i;

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
  const time = typeof value === 'string' && INSTANT.test(value) ? new Date(value) : null;
  // Date takes 30 February for 2 March: the day must come back as it was given.
  if (!time || Number.isNaN(time.getTime()) || !sameDay(value as string)) throw notAnInstant();
  return time;
}

function sameDay(text: string): boolean {
  const day = text.slice(0, 10);
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}

function notAnInstant(): GraphQLError {
  return new GraphQLError(INSTANT_WANTED);
}
