import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { Requires } from '../access/authorization';
import type { Context } from '../context';
import { syncAgent } from './sync-agent';
import { SyncAgentInput, SyncAgentPayload } from './sync-agent.input';

@Resolver()
export class SyncAgentResolver {
  @Requires('AGENT')
  @Mutation(() => SyncAgentPayload, { description: 'The regular call of a host agent, with its own key.' })
  syncAgent(
    @Ctx() context: Context,
    @Arg('input', () => SyncAgentInput, { description: 'What the agent says of itself.' }) input: SyncAgentInput,
  ): Promise<SyncAgentPayload> {
    return syncAgent(context, input);
  }
}
