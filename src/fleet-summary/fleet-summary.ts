import { Field, Int, ObjectType } from 'type-graphql';
import { AgentType } from '../agent/agent-type';
import { NodeType } from '../node/node-type';
import { DateTime } from '../scalars/date-time';
import { ServiceType } from '../service/service-type';

@ObjectType({ description: 'How many nodes are of a kind.' })
export class NodeTypeCount {
  @Field(() => NodeType, { description: 'The kind.' })
  type: NodeType;

  @Field(() => Int, { description: 'How many.' })
  count: number;
}

@ObjectType({ description: 'How many services are of a kind.' })
export class ServiceTypeCount {
  @Field(() => ServiceType, { description: 'The kind.' })
  type: ServiceType;

  @Field(() => Int, { description: 'How many.' })
  count: number;
}

@ObjectType({ description: 'How many agents are of a kind.' })
export class AgentTypeCount {
  @Field(() => AgentType, { description: 'The kind.' })
  type: AgentType;

  @Field(() => Int, { description: 'How many.' })
  count: number;
}

@ObjectType({ description: 'How many nodes are used for something.' })
export class EnvironmentCount {
  @Field(() => String, { nullable: true, description: 'What for; null: nobody has said.' })
  environment: string | null;

  @Field(() => Int, { description: 'How many.' })
  count: number;
}

@ObjectType({ description: 'The fleet in numbers.' })
export class FleetSummary {
  @Field(() => DateTime, { description: 'When it was counted: at most 5 s ago.' })
  asOf: Date;

  @Field(() => Int, { description: 'Nodes.' })
  nodes: number;

  @Field(() => Int, { description: 'Nodes whose host agent answers.' })
  nodesActive: number;

  @Field(() => Int, { description: 'Nodes whose host agent is silent.' })
  nodesInactive: number;

  @Field(() => Int, { description: 'Nodes without a host agent.' })
  nodesUnknown: number;

  @Field(() => Int, { description: 'Services.' })
  services: number;

  @Field(() => Int, { description: 'Agents, host agents included.' })
  agents: number;

  @Field(() => [NodeTypeCount], { description: 'Nodes by kind; kinds of which there are none are left out.' })
  nodesByType: NodeTypeCount[];

  @Field(() => [ServiceTypeCount], { description: 'Services by kind; kinds of which there are none are left out.' })
  servicesByType: ServiceTypeCount[];

  @Field(() => [AgentTypeCount], { description: 'Agents by kind; kinds of which there are none are left out.' })
  agentsByType: AgentTypeCount[];

  @Field(() => [EnvironmentCount], { description: 'The 20 environments with the most nodes.' })
  nodesByEnvironment: EnvironmentCount[];
}
