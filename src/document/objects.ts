import {
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type InlineFragmentNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { MOST_LABELS } from '../label/label';
import { DEFAULT_SIZE, LARGEST_SIZE } from '../connection/page-request';

/** What a list without pages is taken to hold, where nothing says how many there may be. */
export const UNPAGED_SIZE = 10;
const LARGEST_SIZES: Record<string, number> = { Label: MOST_LABELS };

/** An operation of a valid document, with the variables that came with it. */
export interface Asked {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  variables: Record<string, unknown>;
}

/**
 * How many objects an operation asks for at most: a field of objects counts once for each object that it stands in, a list as
 * often as its page is long, whatever @skip, @include and types of fragments leave out of it. The document must be valid. A fragment is
 * counted once for each length of page that it stands in: written out it might be without end.
 */
export function objectsAskedFor({ schema, document, operation, variables }: Asked): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);

  const counted = new Map<string, number>();
  return Math.min(objectsIn(operation.selectionSet, schema.getRootType(operation.operation)!, null), 1e15);

  /** `page`: how long the lists of the selection are, when it stands in a connection. */
  function objectsIn({ selections }: SelectionSetNode, type: GraphQLNamedType, page: number | null): number {
    return selections.reduce((objects, selection) => objects + objectsOfSelection(selection, type, page), 0);
  }

  function objectsOfSelection(selection: SelectionNode, type: GraphQLNamedType, page: number | null): number {
    if (selection.kind === Kind.FIELD) return objectsOf(selection, type, page);
    if (selection.kind === Kind.FRAGMENT_SPREAD) return objectsOfFragment(selection.name.value, page);
    return objectsIn(selection.selectionSet, conditionOf(selection) ?? type, page);
  }

  function objectsOfFragment(name: string, page: number | null): number {
    const known = counted.get(`${name} ${page}`);
    if (known !== undefined) return known;
    const fragment = fragments.get(name)!;
    const objects = objectsIn(fragment.selectionSet, conditionOf(fragment)!, page);
    counted.set(`${name} ${page}`, objects);
    return objects;
  }

  function conditionOf({ typeCondition }: FragmentDefinitionNode | InlineFragmentNode): GraphQLNamedType | undefined {
    return typeCondition && schema.getType(typeCondition.name.value);
  }

  function objectsOf(node: FieldNode, parent: GraphQLNamedType, page: number | null): number {
    const field = fieldOf(schema, parent, node.name.value);
    const type = field && getNamedType(field.type);
    if (!type || !isCompositeType(type) || !node.selectionSet) return 0;
    const size = isPaged(field) ? pageSize(node) : null;
    const count = isList(field.type) ? (page ?? LARGEST_SIZES[type.name] ?? UNPAGED_SIZE) : 1;
    return count * (1 + objectsIn(node.selectionSet, type, size));
  }

  /** Sizes that are refused later, one field at a time, count as the nearest that is not. */
  function pageSize({ arguments: given = [] }: FieldNode): number {
    const sizes = given
      .filter(({ name }) => name.value === 'first' || name.value === 'last')
      .map(({ value }) => numberOf(value))
      .filter((size) => size !== null);
    return sizes.length === 0 ? DEFAULT_SIZE : Math.min(Math.max(...sizes, 0), LARGEST_SIZE);
  }

  function numberOf(value: ValueNode): number | null {
    if (value.kind === Kind.INT) return Number(value.value);
    if (value.kind !== Kind.VARIABLE) return null;
    const name = value.name.value;
    if (Object.hasOwn(variables, name)) {
      const given = variables[name];
      return typeof given === 'number' ? given : null;
    }
    const defined = operation.variableDefinitions?.find(({ variable }) => variable.name.value === name);
    return defined?.defaultValue ? numberOf(defined.defaultValue) : null;
  }
}

function fieldOf(
  schema: GraphQLSchema,
  type: GraphQLNamedType,
  name: string,
): GraphQLField<unknown, unknown> | undefined {
  if (type === schema.getQueryType() && name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
  if (type === schema.getQueryType() && name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}

function isPaged({ args }: GraphQLField<unknown, unknown>): boolean {
  return args.some(({ name }) => name === 'first');
}

function isList(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type);
}
