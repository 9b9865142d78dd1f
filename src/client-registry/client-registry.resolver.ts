import { Arg, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { Actor } from '../access/actor';
import { Requires } from '../access/authorization';
import type { Context } from '../context';
import { DateTime } from '../scalars/date-time';
import { ClientRegistry, ClientRegistryState } from './client-registry';
import {
  LockClientRegistryPayload,
  UnlockClientRegistryInput,
  UnlockClientRegistryPayload,
} from './client-registry.input';
import { countPending } from './pending';
import { lockClientRegistry, unlockClientRegistry } from './unlock-registry';

@Resolver(() => ClientRegistry)
export class ClientRegistryResolver {
  @Requires('ADMIN')
  @Query(() => ClientRegistry, {
    nullable: true,
    description: 'Whether agents that have no token may ask to be registered. Needs ADMIN.',
  })
  clientRegistry(@Ctx() { db }: Context): Promise<ClientRegistry> {
    return db.findOneByOrFail(ClientRegistry, { id: true });
  }

  @Requires('ADMIN')
  @Mutation(() => UnlockClientRegistryPayload, {
    description:
      'Lets agents ask to be registered, for a while; again sets its end anew. Approves nothing. Needs ADMIN.',
  })
  unlockClientRegistry(
    @Ctx() context: Context,
    @Arg('input', () => UnlockClientRegistryInput, { description: 'For how long.' }) input: UnlockClientRegistryInput,
  ): Promise<UnlockClientRegistryPayload> {
    return unlockClientRegistry(context, input.duration);
  }

  @Requires('ADMIN')
  @Mutation(() => LockClientRegistryPayload, {
    description: 'Lets no agent ask any more. Requests that were made can still be decided. Needs ADMIN.',
  })
  lockClientRegistry(@Ctx() context: Context): Promise<LockClientRegistryPayload> {
    return lockClientRegistry(context);
  }

  @FieldResolver(() => ClientRegistryState, { description: 'Whether agents may ask.' })
  state(@Ctx() { config }: Context, @Root() { isUnlocked }: ClientRegistry): ClientRegistryState {
    return isUnlocked || config.clientRegistry.permanentlyOpen ? ClientRegistryState.OPEN : ClientRegistryState.LOCKED;
  }

  @FieldResolver(() => DateTime, {
    nullable: true,
    description: 'When it locks itself; null while it is locked, and when it is permanently open by setting.',
  })
  openUntil(@Ctx() { config }: Context, @Root() { isUnlocked, openUntil }: ClientRegistry): Date | null {
    return isUnlocked && !config.clientRegistry.permanentlyOpen ? openUntil : null;
  }

  @FieldResolver(() => Actor, {
    nullable: true,
    description: 'Who unlocked it; null while it is locked, and when it is permanently open by setting.',
  })
  openedBy(
    @Ctx() { config }: Context,
    @Root() { isUnlocked, openedByName, openedByKeyPublicId }: ClientRegistry,
  ): Actor | null {
    return isUnlocked && !config.clientRegistry.permanentlyOpen ? Actor.of(openedByName!, openedByKeyPublicId) : null;
  }

  @FieldResolver(() => Int, { description: 'How many requests wait for a decision, the conflicting ones included.' })
  pendingRequests(@Ctx() { db }: Context): Promise<number> {
    return countPending(db);
  }
}
