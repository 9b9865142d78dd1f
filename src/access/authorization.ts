import { Extensions } from 'type-graphql';
import {
  defaultFieldResolver,
  getNamedType,
  isAbstractType,
  isObjectType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import type { Context } from '../context';
import { Forbidden, Unauthenticated } from '../errors';
import type { Caller } from './actor';
import { Role } from './role';

/** The least that a caller must be. PUBLIC: anybody. ANY: whoever has a good key. AGENT: a host agent, with its own key. */
export type Access = 'PUBLIC' | 'ANY' | Role;

/** Says who may use a field: `@Requires('VIEWER') @Query(…)`. A root or relation field without it keeps the server from starting. */
export function Requires(access: Access | keyof typeof Role): MethodDecorator {
  return Extensions({ access });
}

/** The relations that an agent may follow. They lead to what is its own, because Caller.agent is (docs/decisions/access.md). */
const AGENT_MAY_FOLLOW = new Set([
  'Caller.apiKey',
  'Caller.agent',
  'HostAgent.runsOn',
  'HostAgent.supervised',
  'Node.services',
]);

const ORDER = [Role.VIEWER, Role.EDITOR, Role.ADMIN];

/** Throws unless the caller may. */
export function authorize(access: Access, caller: Caller | null): void {
  if (access === 'PUBLIC') return;
  if (!caller) throw new Unauthenticated('Give an API key: "Authorization: Bearer KEY".');
  if (access === 'ANY') return;
  const enough =
    access === Role.AGENT ? caller.role === Role.AGENT : ORDER.indexOf(caller.role) >= ORDER.indexOf(access);
  if (!enough) throw new Forbidden(`This needs the role ${access}; the key has ${caller.role}.`);
}

/** Counts for the audit trail that a good key had not the role for what it asked. */
export function noteForbidden({ refusals, remoteAddress, caller }: Context): void {
  refusals.note({ action: 'api_key.forbidden', reason: 'FORBIDDEN', remoteAddress, caller });
}

/** Puts the access rules in front of every resolver that has one. Throws when a field that needs a rule has none. */
export function guard(schema: GraphQLSchema): GraphQLSchema {
  const bare: string[] = [];
  for (const { type, field } of guardedFields(schema)) {
    const access = field.extensions['access'] as Access | undefined;
    if (access) enforce(type, field, access);
    else bare.push(`${type.name}.${field.name}`);
  }
  if (bare.length > 0) throw new Error(`No access rule on ${bare.join(', ')}.`);
  return schema;
}

/** Every field that needs a rule: all of the roots, and each relation from one object of the inventory to others. */
export function guardedFields(
  schema: GraphQLSchema,
): { type: GraphQLObjectType; field: GraphQLField<unknown, Context> }[] {
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]);
  return Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter((type) => !type.name.startsWith('__'))
    .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })))
    .filter(({ type, field }) => roots.has(type) || isRelation(schema, type, field));
}

/** Connections, edges and payloads only carry what the guarded field before them has given. */
function isRelation(schema: GraphQLSchema, type: GraphQLObjectType, field: GraphQLField<unknown, unknown>): boolean {
  const carrier = /(?:Connection|Edge|Payload)$/.test(type.name);
  return !carrier && leadsToObjects(schema, getNamedType(field.type));
}

/** An object with an id of its own, a connection of such, or what may be one of these: an interface, a union. */
function leadsToObjects(schema: GraphQLSchema, type: GraphQLNamedType): boolean {
  const possible = isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
  return possible.filter(isObjectType).some((each) => 'id' in each.getFields() || 'edges' in each.getFields());
}

function enforce(type: GraphQLObjectType, field: GraphQLField<unknown, Context>, access: Access): void {
  const { resolve = defaultFieldResolver, subscribe } = field;
  const agentToo = [type, ...type.getInterfaces()].some(({ name }) => AGENT_MAY_FOLLOW.has(`${name}.${field.name}`));
  const rule = (caller: Caller | null) => {
    if (!(agentToo && caller?.role === Role.AGENT)) authorize(access, caller);
  };
  field.resolve = (source, args, context, info) => {
    rule(context.caller);
    return resolve(source, args, context, info);
  };
  if (subscribe) {
    field.subscribe = (source, args, context, info) => {
      rule(context.caller);
      return subscribe(source, args, context, info);
    };
  }
}
