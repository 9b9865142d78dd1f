import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  type GraphQLField,
  type GraphQLInputType,
} from 'graphql';
import { randomUUID } from 'node:crypto';

/** An operation that selects one root field, with no more arguments than it needs. */
export function minimalOperation(
  kind: 'query' | 'mutation',
  field: GraphQLField<unknown, never>,
): { text: string; variables: Record<string, unknown> } {
  const needed = field.args.filter(({ type }) => isNonNullType(type));
  const declared = needed.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const given = needed.map(({ name }) => `${name}: $${name}`).join(', ');
  const selection = isLeafType(getNamedType(field.type)) ? '' : '{ __typename }';
  return {
    text: `${kind} ${declared && `(${declared})`} { ${field.name}${given && `(${given})`} ${selection} }`,
    variables: Object.fromEntries(needed.map(({ name, type }) => [name, minimalValue(type)])),
  };
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
