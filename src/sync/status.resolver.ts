import { Ctx, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { Agent } from '../agent/agent';
import { AgentStatus, AgentType } from '../agent/agent-type';
import { HostAgent } from '../agent/host-agent';
import { hostAgentOfNode } from '../agent/host-agent-loader';
import type { Context } from '../context';
import { Node } from '../node/node';
import { NodeStatus } from '../node/node-type';
import { DateTime } from '../scalars/date-time';
import { livenessOf } from './liveness-loader';

@Resolver(() => Node)
export class NodeStatusResolver {
  @FieldResolver(() => NodeStatus, {
    description: 'Whether it answers: computed when it is read, by the clock of the database.',
  })
  async status(@Ctx() context: Context, @Root() node: Node): Promise<NodeStatus> {
    const host = await hostAgentOfNode(context, node.id);
    if (!host) return NodeStatus.UNKNOWN;
    const { status } = await livenessOf(context, host.id);
    return status === AgentStatus.ACTIVE ? NodeStatus.ACTIVE : NodeStatus.INACTIVE;
  }

  @FieldResolver(() => DateTime, { nullable: true, description: 'When its host agent was last heard of; null: never.' })
  async lastSeenAt(@Ctx() context: Context, @Root() node: Node): Promise<Date | null> {
    const host = await hostAgentOfNode(context, node.id);
    return host ? (await livenessOf(context, host.id)).lastSeenAt : null;
  }
}

@Resolver(() => Agent)
export class AgentStatusResolver {
  @FieldResolver(() => AgentStatus, { description: 'Whether it runs: computed when it is read.' })
  async status(@Ctx() context: Context, @Root() agent: Agent): Promise<AgentStatus> {
    if (agent.type === AgentType.HOST_AGENT) return (await livenessOf(context, agent.id)).status;
    if (agent.supervisorId === null) return AgentStatus.UNKNOWN;
    if (agent.disabled) return AgentStatus.DONE;
    if (agent.reportedStatus === null) return AgentStatus.UNKNOWN;
    const host = await livenessOf(context, agent.supervisorId);
    return host.status === AgentStatus.ACTIVE ? agent.reportedStatus : AgentStatus.UNKNOWN;
  }
}

@Resolver(() => HostAgent)
export class HostAgentLivenessResolver {
  @FieldResolver(() => DateTime, { nullable: true, description: 'When it was last heard of; null: never.' })
  async lastSeenAt(@Ctx() context: Context, @Root() agent: HostAgent): Promise<Date | null> {
    return (await livenessOf(context, agent.id)).lastSeenAt;
  }

  @FieldResolver(() => Int, { description: 'How often it was last told to sync.' })
  async syncIntervalSeconds(@Ctx() context: Context, @Root() agent: HostAgent): Promise<number> {
    return (await livenessOf(context, agent.id)).syncIntervalSeconds;
  }

  @FieldResolver(() => Int, { nullable: true, description: 'The generation that it last said it runs.' })
  async reportedGeneration(@Ctx() context: Context, @Root() agent: HostAgent): Promise<number | null> {
    return (await livenessOf(context, agent.id)).reportedGeneration;
  }

  @FieldResolver(() => DateTime, {
    nullable: true,
    description: 'When another host last tried to sync with this agent’s credential; null: never.',
  })
  async cloneSuspectedAt(@Ctx() context: Context, @Root() agent: HostAgent): Promise<Date | null> {
    return (await livenessOf(context, agent.id)).cloneSuspectedAt;
  }
}
