import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';

/** Told when it is something else; says nothing of what was sent. */
export const UUID_WANTED = 'Give a UUID of 36 characters.';

const FORMAT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether the text is a UUID, so that PostgreSQL will take it. A malformed id is an unknown id, never an error. */
export function isUuid(text: string): boolean {
  return FORMAT.test(text);
}

export const UUID = new GraphQLScalarType<string, string>({
  name: 'UUID',
  description: 'A UUID in its usual form of 36 characters.',
  serialize: (value) => value as string,
  parseValue: parse,
  parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : null),
});

function parse(value: unknown): string {
  if (typeof value === 'string' && isUuid(value)) return value.toLowerCase();
  throw new GraphQLError(UUID_WANTED);
}
