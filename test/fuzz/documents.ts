import {
  getNamedType,
  isAbstractType,
  isLeafType,
  isObjectType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';
import type { Random } from './random';
import { CANARY, CREDENTIAL, hostileText, hostileValue, valueOf, type Known } from './values';

export interface Operation {
  query: string;
  variables: Record<string, unknown>;
}

/** Something that is, or once was, a GraphQL document, with variables for it. */
export function operationOf(random: Random, schema: GraphQLSchema, known: Known): Operation {
  const kind = random.integer(1, 10);
  if (kind <= 7) return builtOperation(random, schema, known);
  const { query, variables } = builtOperation(random, schema, known);
  if (kind === 8) return { query: broken(random, query), variables };
  if (kind === 9) return { query: bomb(random), variables };
  return { query: random.some(40, () => random.pick(PIECES)).join(random.pick(['', ' '])), variables };
}

/** An operation that follows the schema in most of its places. */
function builtOperation(random: Random, schema: GraphQLSchema, known: Known): Operation {
  const variables: Record<string, unknown> = {};
  const declared: string[] = [];
  const fragments: string[] = [];
  const isMutation = random.chance(0.4);
  const root = isMutation ? schema.getMutationType()! : schema.getQueryType()!;
  const selection = selectionOf(root, 0);
  const head = declared.length > 0 ? `(${declared.join(', ')})` : '';
  const name = random.chance(0.02) ? '__Q' : random.pick(['', 'Q']);
  return {
    query: `${isMutation ? 'mutation' : 'query'} ${name}${head} ${selection} ${fragments.join(' ')}`,
    variables,
  };

  function selectionOf(type: GraphQLNamedType, level: number): string {
    const parts = [random.chance(0.9) ? '__typename' : '', ...fieldsOf(type, level)];
    return `{ ${parts.join(' ')} }`;
  }

  function fieldsOf(type: GraphQLNamedType, level: number): string[] {
    if (isAbstractType(type) && random.chance(0.5)) {
      const possible = random.pick(schema.getPossibleTypes(type));
      return [`... on ${possible.name} ${selectionOf(possible, level + 1)}`];
    }
    if (!('getFields' in type)) return [];
    const fields = Object.values((type as { getFields(): Record<string, GraphQLField<unknown, unknown>> }).getFields());
    const most = level === 0 ? 2 : level > 6 ? 1 : 4;
    const chosen = random
      .some(most, () => random.pick(fields))
      .filter((field) => level < 12 || isLeafType(getNamedType(field.type)));
    return chosen.map((field) => fieldText(field, level));
  }

  function fieldText(field: GraphQLField<unknown, unknown>, level: number): string {
    const type = getNamedType(field.type);
    const given = field.args.filter((arg) => String(arg.type).endsWith('!') || random.chance(0.4));
    const args = given.map((arg) => `${arg.name}: ${argument(arg.type)}`).join(', ');
    const alias = random.chance(0.5) ? `a${random.integer(0, 40)}: ` : '';
    const directive = random.chance(0.02)
      ? random.pick(['@skip(if: false)', '@include(if: $absent)', '@unknown', '@skip'])
      : '';
    const inner = isLeafType(type)
      ? ''
      : random.chance(0.1) && isObjectType(type)
        ? `{ ...${fragmentOn(type, level)} }`
        : selectionOf(type, level + 1);
    return `${alias}${field.name}${args && `(${args})`} ${directive} ${inner}`;
  }

  function argument(type: GraphQLInputType): string {
    const value = valueOf(random, type, known);
    if (random.chance(0.3)) return literal(value);
    const variable = `v${declared.length}`;
    declared.push(
      `$${variable}: ${random.chance(0.98) ? String(type) : random.pick(['Int', '[ID!]!', CREDENTIAL, 'Node'])}`,
    );
    if (random.chance(0.98)) variables[variable] = value;
    return `$${variable}`;
  }

  function fragmentOn(type: GraphQLNamedType, level: number): string {
    // Its place is taken before those of the fragments inside it.
    const index = fragments.push('') - 1;
    fragments[index] = `fragment F${index} on ${type.name} ${selectionOf(type, level + 1)}`;
    return random.chance(0.03) ? `F${random.integer(0, 9)}` : `F${index}`;
  }
}

/** A value in GraphQL's own notation; texts that may be names of enums without quotes. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => literal(item)).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([name, inner]) => `${/^\w+$/.test(name) ? name : 'name'}: ${literal(inner)}`)
      .join(', ')} }`;
  if (typeof value === 'string' && /^[A-Z_]+$/.test(value)) return value;
  return JSON.stringify(value);
}

const PIECES = [
  '{', '}', '(', ')', '[', ']', '...', '@', '$', ':', '!', '|', '&', '=', '"', '"""', '#', '\n', ',', '\\', '\u0000', '\ufeff',
  'query', 'mutation', 'subscription', 'fragment', 'on', 'null', 'true', 'version', 'nodes', '__schema', '__typename',
  '1', '-0', '1e400', '9'.repeat(30), `"${CANARY}"`, `"${CREDENTIAL}"`, `"""${CANARY}"""`, CREDENTIAL, '"\\u{110000}"', '"\\ud800"', '😀',
]; // prettier-ignore

/** A document with pieces taken out, doubled and put in. */
function broken(random: Random, query: string): string {
  const tokens = query.split(/(\W)/);
  for (const _ of random.some(6, () => null)) {
    const place = random.integer(0, tokens.length - 1);
    const piece = random.pick([...PIECES, JSON.stringify(hostileText(random)), JSON.stringify(hostileValue(random))]);
    tokens.splice(place, random.integer(0, 2), ...random.pick([[], [piece], [tokens[place]!, tokens[place]!]]));
  }
  return tokens.join('');
}

/** A document that grows: sizes around the bounds and far beyond. */
function bomb(random: Random): string {
  const size = random.pick([random.integer(1, 70), random.integer(70, 700), random.integer(700, 6000)]);
  const times = (part: (index: number) => string) => Array.from({ length: size }, (_, index) => part(index)).join(' ');
  return random.pick([
    () => `{ ${times((index) => `a${index}: version { version }`)} }`,
    () => `{ ${times(() => 'version { version }')} }`,
    () => `{ ${times(() => '... @include(if: true) { __typename }')} }`,
    () => `{ version ${times(() => '@skip(if: true)')} { version } }`,
    () => `{ ${'nodes { nodes { services { nodes { node {'.repeat(size)} id ${'} } } } }'.repeat(size)} }`,
    () => `{ nodes(filter: ${'{ not: '.repeat(size)}{}${'}'.repeat(size)}) { totalCount } }`,
    () => `{ node(by: ${'['.repeat(size)}${']'.repeat(size)}) { id } }`,
    () =>
      `{ ...F0 } ${times((index) => `fragment F${index} on Query { ...F${index + 1} ...F${random.integer(0, size)} }`)}`,
    () => `{ ${times((index) => `f${index}`)} }`,
    () => `{ ${times((index) => `a: nodes(first: ${index}) { totalCount }`)} }`,
    () => `query (${times((index) => `$v${index}: Int = ${index}`)}) { __typename }`,
    () => times((index) => `query Q${index} { version { version } }`),
    () => `{ nodes(orderBy: { field: ${'NAME'.repeat(size)}, direction: ASC }) { totalCount } }`,
    () => `{ agent(id: "${'\\u0061'.repeat(size)}${CANARY}") { id } }`,
    () => `{ __schema { types ${'{ fields { type '.repeat(size % 9)} { name } ${'} }'.repeat(size % 9)} } }`,
  ])();
}
