import { buildSchemaSync, type BuildSchemaOptions } from 'type-graphql';
import { GraphQLInputObjectType, type GraphQLSchema } from 'graphql';
import { ApiKeyResolver } from './access/api-key.resolver';
import { guard } from './access/authorization';
import { CallerResolver } from './access/caller.resolver';
import { AGENT_CLASSES } from './agent/agent-kinds';
import { AgentResolver } from './agent/agent.resolver';
import {
  AgentRelationsResolver,
  HostAgentRelationsResolver,
  NodeAgentsResolver,
  ServiceAgentsResolver,
} from './agent/agent-relations.resolver';
import { HostAgent } from './agent/host-agent';
import { AuditEventResolver } from './audit/audit-event.resolver';
import { ClientRegistryResolver } from './client-registry/client-registry.resolver';
import { RegistrationRequestResolver } from './client-registry/registration-request.resolver';
import { RegisterAgentResolver } from './enrolment/register-agent.resolver';
import { NODE_KINDS } from './node/node-kinds';
import { FleetSummaryResolver } from './fleet-summary/fleet-summary.resolver';
import { NodeResolver } from './node/node.resolver';
import { RegistrationTokenResolver } from './registration-token/registration-token.resolver';
import { DateTime } from './scalars/date-time';
import { SERVICE_KINDS } from './service/service-kinds';
import { NodeServicesResolver, ServiceResolver } from './service/service.resolver';
import { AgentStatusResolver, HostAgentLivenessResolver, NodeStatusResolver } from './sync/status.resolver';
import { SyncAgentResolver } from './sync/sync-agent.resolver';
import { VersionResolver } from './version/version.resolver';

const RESOLVERS: BuildSchemaOptions['resolvers'] = [
  VersionResolver,
  CallerResolver,
  ApiKeyResolver,
  NodeResolver,
  NodeStatusResolver,
  NodeServicesResolver,
  NodeAgentsResolver,
  ServiceResolver,
  ServiceAgentsResolver,
  AgentResolver,
  AgentRelationsResolver,
  AgentStatusResolver,
  HostAgentRelationsResolver,
  HostAgentLivenessResolver,
  RegistrationTokenResolver,
  RegisterAgentResolver,
  ClientRegistryResolver,
  RegistrationRequestResolver,
  SyncAgentResolver,
  AuditEventResolver,
  FleetSummaryResolver,
];

/** Types that are met only behind their interfaces. */
const IMPLEMENTATIONS = [
  ...Object.values(NODE_KINDS).map(({ entity }) => entity),
  ...Object.values(SERVICE_KINDS).map(({ entity }) => entity),
  HostAgent,
  ...Object.values(AGENT_CLASSES),
];

/** Inputs of which exactly one field is given; type-graphql cannot say so. */
const ONE_OF = ['NodeBy', 'ServiceBy', 'AddNodeInput', 'AddServiceInput', 'AddAgentInput', 'AgentSettings'];

const ROOTS = {
  Query: 'What can be asked.',
  Mutation: 'What can be done. Each takes one input and answers with what it changed.',
};

/** Builds the schema, every field behind its access rule. Throws when a field that needs a rule has none. */
export function createSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: RESOLVERS,
    orphanedTypes: IMPLEMENTATIONS,
    scalarsMap: [{ type: Date, scalar: DateTime }],
    validate: false,
  });
  for (const name of ONE_OF) {
    const type = schema.getType(name);
    if (!(type instanceof GraphQLInputObjectType)) throw new Error(`${name} is no input.`);
    type.isOneOf = true;
  }
  for (const [name, description] of Object.entries(ROOTS)) schema.getType(name)!.description = description;
  return guard(schema);
}
