import { Arg, Ctx, Field, FieldResolver, ID, InputType, Mutation, ObjectType, Resolver, Root } from 'type-graphql';
import type { Agent } from '../agent/agent';
import { AGENTS } from '../agent/agent-list';
import { HostAgent } from '../agent/host-agent';
import { itemLoader } from '../connection/list';
import type { Context } from '../context';
import { ApiKey } from './api-key';
import { apiKeyById } from './api-key-loader';
import { Requires } from './authorization';
import { revokeApiKey } from './revoke-key';

@InputType({ description: 'A key to revoke.' })
export class RevokeApiKeyInput {
  @Field(() => ID, { description: 'Its id.' })
  id: string;
}

@ObjectType({ description: 'The key that was revoked.' })
export class RevokeApiKeyPayload {
  @Field(() => ApiKey, { description: 'The key.' })
  apiKey: ApiKey;
}

@Resolver(() => ApiKey)
export class ApiKeyResolver {
  @Requires('ADMIN')
  @Mutation(() => RevokeApiKeyPayload, {
    description: 'Ends a key at once. The last live ADMIN key stays. Needs ADMIN.',
  })
  revokeApiKey(
    @Ctx() context: Context,
    @Arg('input', () => RevokeApiKeyInput, { description: 'Which one.' }) input: RevokeApiKeyInput,
  ): Promise<RevokeApiKeyPayload> {
    return revokeApiKey(context, input.id);
  }

  @Requires('VIEWER')
  @FieldResolver(() => HostAgent, { nullable: true, description: 'The host agent that it belongs to.' })
  async agent(@Ctx() context: Context, @Root() key: ApiKey): Promise<Agent | null> {
    return key.agentId === null ? null : itemLoader(context, AGENTS).load(key.agentId);
  }

  @Requires('ADMIN')
  @FieldResolver(() => ApiKey, { nullable: true, description: 'The key that this one took the place of.' })
  async rotatedFrom(@Ctx() context: Context, @Root() key: ApiKey): Promise<ApiKey | null> {
    return key.rotatedFromId === null ? null : apiKeyById(context, key.rotatedFromId);
  }
}
