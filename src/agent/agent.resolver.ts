import { Arg, Args, Ctx, ID, Query, Resolver } from 'type-graphql';
import { Requires } from '../access/authorization';
import type { Connection } from '../connection/connection';
import { itemLoader, listPage } from '../connection/list';
import type { Context } from '../context';
import { isUuid } from '../scalars/uuid';
import { Agent } from './agent';
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
}
