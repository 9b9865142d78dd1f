import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { Requires } from '../access/authorization';
import type { Connection } from '../connection/connection';
import { itemLoader, listPage } from '../connection/list';
import type { Context } from '../context';
import { isUuid } from '../scalars/uuid';
import { addAgent } from './add-agent';
import { AddAgentInput, AddAgentPayload } from './add-agent.input';
import { Agent } from './agent';
import { removeAgent } from './remove-agent';
import { RemoveAgentInput, RemoveAgentPayload } from './remove-agent.input';
import { updateAgent } from './update-agent';
import { UpdateAgentInput, UpdateAgentPayload } from './update-agent.input';
import { AgentConnection, AGENTS, AgentsArgs } from './agent-list';

@Resolver()
export class AgentResolver {
  @Requires('VIEWER')
  @Query(() => Agent, { nullable: true, description: 'An agent; null when there is none. Needs VIEWER.' })
  async agent(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
  ): Promise<Agent | null> {
    return isUuid(id) ? itemLoader(context, AGENTS).load(id) : null;
  }

  @Requires('VIEWER')
  @Query(() => AgentConnection, { description: 'The agents, newest first unless said. Needs VIEWER.' })
  agents(@Ctx() context: Context, @Args(() => AgentsArgs) args: AgentsArgs): Connection<Agent> {
    return listPage(context, AGENTS, args);
  }

  @Requires('EDITOR')
  @Mutation(() => AddAgentPayload, { description: 'Puts an agent on the roll. Needs EDITOR.' })
  addAgent(
    @Ctx() context: Context,
    @Arg('input', () => AddAgentInput, { description: 'What it is.' }) input: AddAgentInput,
  ): Promise<AddAgentPayload> {
    return addAgent(context, input);
  }

  @Requires('EDITOR')
  @Mutation(() => UpdateAgentPayload, { description: 'Changes an agent. Needs EDITOR.' })
  updateAgent(
    @Ctx() context: Context,
    @Arg('input', () => UpdateAgentInput, { description: 'Which one, and what to change.' }) input: UpdateAgentInput,
  ): Promise<UpdateAgentPayload> {
    return updateAgent(context, input);
  }

  @Requires('EDITOR')
  @Mutation(() => RemoveAgentPayload, { description: 'Takes an agent off the roll. Needs EDITOR.' })
  removeAgent(
    @Ctx() context: Context,
    @Arg('input', () => RemoveAgentInput, { description: 'Which one, and how.' }) input: RemoveAgentInput,
  ): Promise<RemoveAgentPayload> {
    return removeAgent(context, input);
  }
}
