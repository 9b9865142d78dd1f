import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Agent } from '../agent/agent';
import { AGENTS } from '../agent/agent-list';
import { HostAgent } from '../agent/host-agent';
import type { Connection } from '../connection/connection';
import { itemLoader, listPage } from '../connection/list';
import type { Context } from '../context';
import { OnceADocument } from '../document/once';
import { isUuid } from '../scalars/uuid';
import { ApiKey } from './api-key';
import { API_KEYS, ApiKeyConnection, ApiKeysArgs } from './api-key-list';
import {
  IssueApiKeyInput,
  IssueApiKeyPayload,
  RevokeApiKeyInput,
  RevokeApiKeyPayload,
  RotateApiKeyInput,
  RotateApiKeyPayload,
} from './api-key.input';
import { Requires } from './authorization';
import { issueApiKey } from './issue-key';
import { revokeApiKey } from './revoke-key';
import { rotateApiKey } from './rotate-key';

@Resolver(() => ApiKey)
export class ApiKeyResolver {
  @Requires('ADMIN')
  @Query(() => ApiKey, { nullable: true, description: 'An API key; null when there is none. Needs ADMIN.' })
  async apiKey(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
  ): Promise<ApiKey | null> {
    return isUuid(id) ? itemLoader(context, API_KEYS).load(id) : null;
  }

  @Requires('ADMIN')
  @Query(() => ApiKeyConnection, { nullable: true, description: 'The API keys, newest first. Needs ADMIN.' })
  apiKeys(@Ctx() context: Context, @Args(() => ApiKeysArgs) args: ApiKeysArgs): Connection<ApiKey> {
    return listPage(context, API_KEYS, args);
  }

  @Requires('ADMIN')
  @OnceADocument()
  @Mutation(() => IssueApiKeyPayload, {
    description:
      'Issues a key for a person or a script. The key is in this answer and nowhere else, ever. Needs ADMIN.',
  })
  issueApiKey(
    @Ctx() context: Context,
    @Arg('input', () => IssueApiKeyInput, { description: 'What the key is to be.' }) input: IssueApiKeyInput,
  ): Promise<IssueApiKeyPayload> {
    return issueApiKey(context, input);
  }

  @Requires('ANY')
  @OnceADocument()
  @Mutation(() => RotateApiKeyPayload, {
    description: 'Replaces a key by a new one. Needs ADMIN for any key; a key may rotate itself, an agent’s too.',
  })
  rotateApiKey(
    @Ctx() context: Context,
    @Arg('input', () => RotateApiKeyInput, { description: 'Which one, and how.' }) input: RotateApiKeyInput,
  ): Promise<RotateApiKeyPayload> {
    return rotateApiKey(context, input);
  }

  @Requires('ADMIN')
  @OnceADocument()
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
    return key.rotatedFromId === null ? null : itemLoader(context, API_KEYS).load(key.rotatedFromId);
  }
}
