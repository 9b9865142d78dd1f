import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { Requires } from '../access/authorization';
import type { Connection } from '../connection/connection';
import { childPage, itemLoader } from '../connection/list';
import type { Context } from '../context';
import { Node } from '../node/node';
import { NODES } from '../node/node-list';
import { Service } from '../service/service';
import { SERVICES } from '../service/service-list';
import { Agent } from './agent';
import { AgentConnection, AGENTS, AgentsArgs } from './agent-list';
import { HostAgent } from './host-agent';
import { hostAgentOfNode } from './host-agent-loader';

@Resolver(() => Agent)
export class AgentRelationsResolver {
  @Requires('VIEWER')
  @FieldResolver(() => Node, { description: 'The node it runs on.' })
  runsOn(@Ctx() context: Context, @Root() agent: Agent): Promise<Node | null> {
    return itemLoader(context, NODES).load(agent.runsOnNodeId);
  }

  @Requires('VIEWER')
  @FieldResolver(() => HostAgent, {
    nullable: true,
    description: 'The host agent that starts and stops it; null for host agents and external exporters.',
  })
  async supervisor(@Ctx() context: Context, @Root() agent: Agent): Promise<Agent | null> {
    return agent.supervisorId === null ? null : itemLoader(context, AGENTS).load(agent.supervisorId);
  }

  @Requires('VIEWER')
  @FieldResolver(() => Node, { nullable: true, description: 'The node that it observes; null when that is a service.' })
  async observedNode(@Ctx() context: Context, @Root() agent: Agent): Promise<Node | null> {
    return agent.observedNodeId === null ? null : itemLoader(context, NODES).load(agent.observedNodeId);
  }

  @Requires('VIEWER')
  @FieldResolver(() => Service, {
    nullable: true,
    description: 'The service that it observes; null when that is a node.',
  })
  async observedService(@Ctx() context: Context, @Root() agent: Agent): Promise<Service | null> {
    return agent.observedServiceId === null ? null : itemLoader(context, SERVICES).load(agent.observedServiceId);
  }
}

@Resolver(() => HostAgent)
export class HostAgentRelationsResolver {
  @Requires('VIEWER')
  @FieldResolver(() => AgentConnection, { description: 'The agents that it starts and stops.' })
  supervised(
    @Ctx() context: Context,
    @Root() agent: HostAgent,
    @Args(() => AgentsArgs) args: AgentsArgs,
  ): Connection<Agent> {
    return childPage(context, AGENTS, 'item.supervisor_id = parent.id', agent.id, args);
  }
}

@Resolver(() => Node)
export class NodeAgentsResolver {
  @Requires('VIEWER')
  @FieldResolver(() => HostAgent, { nullable: true, description: 'Its host agent. A node has at most one.' })
  hostAgent(@Ctx() context: Context, @Root() node: Node): Promise<Agent | null> {
    return hostAgentOfNode(context, node.id);
  }

  @Requires('VIEWER')
  @FieldResolver(() => AgentConnection, { description: 'The agents that run here.' })
  agents(@Ctx() context: Context, @Root() node: Node, @Args(() => AgentsArgs) args: AgentsArgs): Connection<Agent> {
    return childPage(context, AGENTS, 'item.runs_on_node_id = parent.id', node.id, args);
  }

  @Requires('VIEWER')
  @FieldResolver(() => AgentConnection, { description: 'The agents, wherever they run, that observe this node.' })
  observers(@Ctx() context: Context, @Root() node: Node, @Args(() => AgentsArgs) args: AgentsArgs): Connection<Agent> {
    return childPage(context, AGENTS, 'item.observed_node_id = parent.id', node.id, args);
  }
}

@Resolver(() => Service)
export class ServiceAgentsResolver {
  @Requires('VIEWER')
  @FieldResolver(() => AgentConnection, { description: 'The agents that observe it.' })
  agents(
    @Ctx() context: Context,
    @Root() service: Service,
    @Args(() => AgentsArgs) args: AgentsArgs,
  ): Connection<Agent> {
    return childPage(context, AGENTS, 'item.observed_service_id = parent.id', service.id, args);
  }
}
