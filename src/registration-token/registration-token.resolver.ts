import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { Requires } from '../access/authorization';
import type { Agent } from '../agent/agent';
import { AgentConnection, AGENTS } from '../agent/agent-list';
import { PageArgs, type Connection } from '../connection/connection';
import { childPage, itemLoader, listPage } from '../connection/list';
import type { Context } from '../context';
import { OnceADocument } from '../document/once';
import { Node } from '../node/node';
import { NODES } from '../node/node-list';
import { isUuid } from '../scalars/uuid';
import { issueRegistrationToken } from './issue-token';
import { RegistrationToken } from './registration-token';
import { REGISTRATION_TOKENS, RegistrationTokenConnection, RegistrationTokensArgs } from './registration-token-list';
import {
  IssueRegistrationTokenInput,
  IssueRegistrationTokenPayload,
  RevokeRegistrationTokenInput,
  RevokeRegistrationTokenPayload,
} from './registration-token.input';
import { revokeRegistrationToken } from './revoke-token';

const ENROLLED_BY_TOKEN =
  'item.id IN (SELECT claim.agent_id FROM registration_token_claim AS claim WHERE claim.token_id = parent.id)';

@Resolver(() => RegistrationToken)
export class RegistrationTokenResolver {
  @Requires('ADMIN')
  @Query(() => RegistrationToken, {
    nullable: true,
    description: 'A registration token; null when there is none. Needs ADMIN.',
  })
  async registrationToken(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
  ): Promise<RegistrationToken | null> {
    return isUuid(id) ? itemLoader(context, REGISTRATION_TOKENS).load(id) : null;
  }

  @Requires('ADMIN')
  @Query(() => RegistrationTokenConnection, {
    nullable: true,
    description: 'The registration tokens, newest first. Needs ADMIN.',
  })
  registrationTokens(
    @Ctx() context: Context,
    @Args(() => RegistrationTokensArgs) args: RegistrationTokensArgs,
  ): Connection<RegistrationToken> {
    return listPage(context, REGISTRATION_TOKENS, args);
  }

  @Requires('ADMIN')
  @OnceADocument()
  @Mutation(() => IssueRegistrationTokenPayload, {
    description: 'Issues a registration token. The secret is in this answer and nowhere else, ever. Needs ADMIN.',
  })
  issueRegistrationToken(
    @Ctx() context: Context,
    @Arg('input', () => IssueRegistrationTokenInput, { description: 'What the token is to be.' })
    input: IssueRegistrationTokenInput,
  ): Promise<IssueRegistrationTokenPayload> {
    return issueRegistrationToken(context, input);
  }

  @Requires('ADMIN')
  @OnceADocument()
  @Mutation(() => RevokeRegistrationTokenPayload, {
    description: 'Ends a registration token. Agents that it already enrolled go on. Needs ADMIN.',
  })
  revokeRegistrationToken(
    @Ctx() context: Context,
    @Arg('input', () => RevokeRegistrationTokenInput, { description: 'Which one.' })
    input: RevokeRegistrationTokenInput,
  ): Promise<RevokeRegistrationTokenPayload> {
    return revokeRegistrationToken(context, input.id);
  }

  @Requires('VIEWER')
  @FieldResolver(() => Node, { nullable: true, description: 'The node that it may enrol afresh.' })
  async replaces(@Ctx() context: Context, @Root() token: RegistrationToken): Promise<Node | null> {
    return token.replacesNodeId === null ? null : itemLoader(context, NODES).load(token.replacesNodeId);
  }

  @Requires('VIEWER')
  @FieldResolver(() => AgentConnection, { description: 'The agents that it enrolled.' })
  agents(
    @Ctx() context: Context,
    @Root() token: RegistrationToken,
    @Args(() => PageArgs) args: PageArgs,
  ): Connection<Agent> {
    return childPage(context, AGENTS, ENROLLED_BY_TOKEN, token.id, args);
  }
}
