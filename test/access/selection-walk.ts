import {
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';
import type { Answer, GraphQLClient } from '../support/client';

/** One way into the graph: the fields from the root on, with the type on which each is asked. */
interface Way {
  steps: Step[];
  /** The type of what the last step gives. */
  type: GraphQLNamedType;
}

/** A field, asked behind an inline fragment where the type before it is abstract. */
interface Step {
  on: string;
  fragment: boolean;
  field: string;
}

/** What came of one way. */
export interface Visit {
  /** Such as `caller.agent.runsOn`. */
  way: string;
  /** The last field, by the type that it was asked on: `HostAgent.runsOn`. */
  field: string;
  answer: Answer;
  /** The objects that it ended at. */
  objects: Record<string, unknown>[];
}

/**
 * Follows every field from a root field on, to the given depth, a query a way, and selects all that is no object at its end.
 * A way goes on where it reached an object: behind a refused field or an empty list there is nothing to ask.
 */
export async function walk(
  schema: GraphQLSchema,
  client: GraphQLClient,
  root: string,
  depth: number,
): Promise<Visit[]> {
  const query = schema.getQueryType()!;
  const first = query.getFields()[root]!;
  let ways: Way[] = [wayBy({ steps: [], type: query }, query, first)];
  const visits: Visit[] = [];
  for (let length = 1; length <= depth; length++) {
    const reached: Way[] = [];
    for (const way of ways) {
      const visit = await take(schema, client, way);
      visits.push(visit);
      if (visit.objects.length > 0) reached.push(way);
    }
    ways = reached.flatMap((way) => furtherWays(schema, way));
  }
  return visits;
}

async function take(schema: GraphQLSchema, client: GraphQLClient, way: Way): Promise<Visit> {
  const answer = await client(`{ ${nested(way.steps, leavesOf(schema, way.type))} }`);
  const { on, field } = way.steps.at(-1)!;
  const objects = way.steps.reduce((found, step) => found.flatMap((object) => at(object, step)), [answer.data ?? {}]);
  return { way: way.steps.map((step) => step.field).join('.'), field: `${on}.${field}`, answer, objects };
}

function nested([step, ...rest]: Step[], leaves: string): string {
  if (!step) return leaves;
  const inner = `${step.field} { ${nested(rest, leaves)} }`;
  return step.fragment ? `... on ${step.on} { ${inner} }` : inner;
}

/**
 * Everything at the end of a way that is not an object itself, of every type that it can be. What is null in some types and never in others has
 * an alias there: one document cannot ask for both under one name.
 */
function leavesOf(schema: GraphQLSchema, type: GraphQLNamedType): string {
  const asked = new Map<string, string>();
  const selected = ({ name, type: of }: GraphQLField<unknown, unknown>) => {
    const known = asked.get(name) ?? String(of);
    asked.set(name, known);
    return known === String(of) ? name : `other_${name}: ${name}`;
  };
  return concreteTypes(schema, type)
    .flatMap(({ name, fields, fragment }) => {
      const leaves = fields.filter((field) => isLeafType(getNamedType(field.type))).map(selected);
      const all = ['__typename', ...leaves].join(' ');
      return fragment ? `... on ${name} { ${all} }` : all;
    })
    .join(' ');
}

function furtherWays(schema: GraphQLSchema, way: Way): Way[] {
  return concreteTypes(schema, way.type).flatMap((type) =>
    type.fields
      .filter((field) => !isLeafType(getNamedType(field.type)))
      .map((field) => wayBy(way, { name: type.name, fragment: type.fragment }, field)),
  );
}

function wayBy(way: Way, on: { name: string; fragment?: boolean }, field: GraphQLField<unknown, unknown>): Way {
  const step = { on: on.name, fragment: on.fragment ?? false, field: field.name };
  return { steps: [...way.steps, step], type: getNamedType(field.type) };
}

/** The types to ask on: the type itself, and each that implements it. */
function concreteTypes(schema: GraphQLSchema, type: GraphQLNamedType) {
  const own = isObjectType(type) || isInterfaceType(type) ? [{ type, fragment: false }] : [];
  const possible = isAbstractType(type)
    ? schema.getPossibleTypes(type).map((each) => ({ type: each, fragment: true }))
    : [];
  return [...own, ...possible].map(({ type: each, fragment }) => ({
    name: each.name,
    fragment,
    fields: Object.values(each.getFields()),
  }));
}

function at(object: Record<string, unknown>, { field }: Step): Record<string, unknown>[] {
  const value = object[field];
  return [value].flat().filter((item): item is Record<string, unknown> => typeof item === 'object' && item !== null);
}
