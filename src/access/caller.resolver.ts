import { Ctx, Field, FieldResolver, ObjectType, Query, Resolver, Root } from 'type-graphql';
import type { Agent } from '../agent/agent';
import { AGENTS } from '../agent/agent-list';
import { HostAgent } from '../agent/host-agent';
import { itemLoader } from '../connection/list';
import type { Context } from '../context';
import type { Caller } from './actor';
import { ApiKey } from './api-key';
import { API_KEYS } from './api-key-list';
import { Requires } from './authorization';
import { Role } from './role';

@ObjectType('Caller', { description: 'Who is calling.' })
export class CallerType {
  @Field(() => Role, { description: 'What the caller may do.' })
  role: Role;
}

@Resolver(() => CallerType)
export class CallerResolver {
  @Requires('ANY')
  @Query(() => CallerType, { description: 'Who it is that calls. Needs any good key.' })
  caller(@Ctx() context: Context): Caller {
    return context.caller!;
  }

  @Requires('ANY')
  @FieldResolver(() => ApiKey, { description: 'The key that was presented.' })
  apiKey(@Ctx() context: Context, @Root() caller: Caller): Promise<ApiKey | null> {
    return itemLoader(context, API_KEYS).load(caller.keyId);
  }

  @Requires('ANY')
  @FieldResolver(() => HostAgent, { nullable: true, description: 'The host agent that the key belongs to.' })
  async agent(@Ctx() context: Context, @Root() caller: Caller): Promise<Agent | null> {
    return caller.agentId === null ? null : itemLoader(context, AGENTS).load(caller.agentId);
  }
}
