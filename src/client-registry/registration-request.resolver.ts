import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { Requires } from '../access/authorization';
import { AGENTS } from '../agent/agent-list';
import { HostAgent } from '../agent/host-agent';
import type { Connection } from '../connection/connection';
import { itemLoader, listPage } from '../connection/list';
import { findByIdOrName } from '../connection/lookup';
import type { Context } from '../context';
import { OnceADocument } from '../document/once';
import { Node } from '../node/node';
import { NODES } from '../node/node-list';
import { isUuid } from '../scalars/uuid';
import { approveRegistration } from './approve-registration';
import { conflictingKeys } from './conflicting-keys';
import {
  ApproveRegistrationInput,
  ApproveRegistrationPayload,
  RejectRegistrationInput,
  RejectRegistrationPayload,
} from './decide-registration.input';
import { RegistrationRequest, RegistrationRequestState } from './registration-request';
import {
  REGISTRATION_REQUESTS,
  RegistrationRequestConnection,
  RegistrationRequestsArgs,
} from './registration-request-list';
import { rejectRegistration } from './reject-registration';
import { requestRegistration } from './request-registration';
import { RequestRegistrationInput, RequestRegistrationPayload } from './request-registration.input';

@Resolver(() => RegistrationRequest)
export class RegistrationRequestResolver {
  @Requires('ADMIN')
  @Query(() => RegistrationRequest, {
    nullable: true,
    description: 'A registration request; null when there is none. Needs ADMIN.',
  })
  async registrationRequest(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
  ): Promise<RegistrationRequest | null> {
    return isUuid(id) ? itemLoader(context, REGISTRATION_REQUESTS).load(id) : null;
  }

  @Requires('ADMIN')
  @Query(() => RegistrationRequestConnection, {
    nullable: true,
    description: 'The registration requests, newest first. Needs ADMIN.',
  })
  registrationRequests(
    @Ctx() context: Context,
    @Args(() => RegistrationRequestsArgs) args: RegistrationRequestsArgs,
  ): Connection<RegistrationRequest> {
    return listPage(context, REGISTRATION_REQUESTS, args);
  }

  @Requires('PUBLIC')
  @OnceADocument()
  @Mutation(() => RequestRegistrationPayload, {
    description:
      'Asks to be registered without a token, with a key of the agent’s own making. Public; the same may be sent again at any time, to learn what became of it.',
  })
  requestRegistration(
    @Ctx() context: Context,
    @Arg('input', () => RequestRegistrationInput, {
      description: 'The key, without its secret, and what the agent says of its node.',
    })
    input: RequestRegistrationInput,
  ): Promise<RequestRegistrationPayload> {
    return requestRegistration(context, input);
  }

  @Requires('ADMIN')
  @OnceADocument()
  @Mutation(() => ApproveRegistrationPayload, {
    description: 'Lets in an agent that asks: its key is good from now on. Needs ADMIN.',
  })
  approveRegistration(
    @Ctx() context: Context,
    @Arg('input', () => ApproveRegistrationInput, { description: 'Which one, and what its node gets.' })
    input: ApproveRegistrationInput,
  ): Promise<ApproveRegistrationPayload> {
    return approveRegistration(context, input);
  }

  @Requires('ADMIN')
  @Mutation(() => RejectRegistrationPayload, {
    description: 'Refuses an agent that asks. Its key may ask again after a while. Needs ADMIN.',
  })
  rejectRegistration(
    @Ctx() context: Context,
    @Arg('input', () => RejectRegistrationInput, { description: 'Which one, and why.' }) input: RejectRegistrationInput,
  ): Promise<RejectRegistrationPayload> {
    return rejectRegistration(context, input);
  }

  @Requires('VIEWER')
  @FieldResolver(() => Node, {
    nullable: true,
    description: 'The node whose name it asks for, while it is CONFLICTING.',
  })
  async conflictsWith(@Ctx() context: Context, @Root() { state, nodeName }: RegistrationRequest): Promise<Node | null> {
    return state === RegistrationRequestState.CONFLICTING ? findByIdOrName(context, NODES, { name: nodeName }) : null;
  }

  @FieldResolver(() => [String], {
    description:
      'While it is CONFLICTING, the fingerprints of the keys that stand against its own: of the agent that has the name, and of the oldest request for it.',
  })
  async conflictingKeys(@Ctx() context: Context, @Root() { id, state }: RegistrationRequest): Promise<string[]> {
    return state === RegistrationRequestState.CONFLICTING ? conflictingKeys(context, id) : [];
  }

  @Requires('VIEWER')
  @FieldResolver(() => HostAgent, {
    nullable: true,
    description: 'The agent that was let in; null when there is none, or none any more.',
  })
  async agent(@Ctx() context: Context, @Root() { agentId }: RegistrationRequest): Promise<HostAgent | null> {
    return agentId === null ? null : ((await itemLoader(context, AGENTS).load(agentId)) as HostAgent | null);
  }
}
