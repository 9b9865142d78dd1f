import {
  getNamedType,
  getNullableType,
  GraphQLID,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import { randomUUID } from 'node:crypto';

type Operation = [text: string, variables: Record<string, unknown>];

type Kind = 'query' | 'mutation';

/** An operation that selects one root field, with no more arguments than it needs. */
export function minimalOperation(kind: Kind, field: GraphQLField<unknown, never>): Operation {
  return operation(kind, field, neededArguments(field));
}

/** For each place among the arguments of a root field where an id may stand: its name, and an operation that gives an id there. */
export function idOperations(schema: GraphQLSchema): { place: string; withId: (id: unknown) => Operation }[] {
  const roots = [...fieldsOf('query', schema.getQueryType()!), ...fieldsOf('mutation', schema.getMutationType()!)];
  return roots.flatMap(({ kind, field }) =>
    field.args.flatMap(({ name, type }) =>
      idPlaces(type).map(({ place, valueOf }) => ({
        place: [field.name, name, ...place].join('.'),
        withId: (id: unknown) => operation(kind, field, { ...neededArguments(field), [name]: valueOf(id) }),
      })),
    ),
  );
}

function fieldsOf(kind: Kind, root: GraphQLObjectType): { kind: Kind; field: GraphQLField<unknown, never> }[] {
  return Object.values(root.getFields()).map((field) => ({ kind, field }));
}

function operation(kind: Kind, field: GraphQLField<unknown, never>, variables: Record<string, unknown>): Operation {
  const sent = field.args.filter(({ name }) => name in variables);
  const declared = sent.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const given = sent.map(({ name }) => `${name}: $${name}`).join(', ');
  const type = getNamedType(field.type);
  const selection = type.name.endsWith('Connection') ? '{ totalCount }' : '{ __typename }';
  const text = `${kind} ${declared && `(${declared})`} { ${field.name}${given && `(${given})`} ${isLeafType(type) ? '' : selection} }`;
  return [text, variables];
}

function neededArguments({ args }: GraphQLField<unknown, never>): Record<string, unknown> {
  const needed = args.filter(({ type }) => isNonNullType(type));
  return Object.fromEntries(needed.map(({ name, type }) => [name, minimalValue(type)]));
}

/** The argument itself, or the fields of an input object. */
function idPlaces(type: GraphQLInputType): { place: string[]; valueOf: (id: unknown) => unknown }[] {
  const named = getNamedType(type);
  if (named === GraphQLID) return [{ place: [], valueOf: (id) => (isListType(getNullableType(type)) ? [id] : id) }];
  if (!isInputObjectType(named)) return [];
  const others = named.isOneOf ? {} : (minimalValue(named) as object);
  return Object.values(named.getFields())
    .filter((field) => getNamedType(field.type) === GraphQLID)
    .flatMap((field) =>
      idPlaces(field.type).map(({ valueOf }) => ({
        place: [field.name],
        valueOf: (id: unknown) => ({ ...others, [field.name]: valueOf(id) }),
      })),
    );
}

const SCALARS: Record<string, () => unknown> = {
  ID: randomUUID,
  UUID: randomUUID,
  String: () => 'text',
  Int: () => 1,
  Boolean: () => false,
  DateTime: () => new Date().toISOString(),
  Duration: () => '1h',
};

function minimalValue(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return minimalValue(type.ofType);
  if (isListType(type)) return [];
  if (isEnumType(type)) return type.getValues()[0]!.name;
  if (!isInputObjectType(type)) return SCALARS[type.name]!();
  const fields = Object.values(type.getFields());
  const needed = type.isOneOf ? fields.slice(0, 1) : fields.filter(isRequiredInputField);
  return Object.fromEntries(needed.map((field) => [field.name, minimalValue(field.type)]));
}
