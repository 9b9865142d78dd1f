import { Field, InputType, ObjectType } from 'type-graphql';
import { Duration } from '../scalars/duration';
import { ClientRegistry } from './client-registry';

@InputType({ description: 'For how long to unlock the client registry.' })
export class UnlockClientRegistryInput {
  @Field(() => Duration, { nullable: true, description: '5m unless the server is set otherwise; 1s to 24h.' })
  duration?: number | null;
}

@ObjectType({ description: 'The client registry, unlocked.' })
export class UnlockClientRegistryPayload {
  @Field(() => ClientRegistry, { description: 'The client registry.' })
  clientRegistry: ClientRegistry;
}

@ObjectType({ description: 'The client registry, locked.' })
export class LockClientRegistryPayload {
  @Field(() => ClientRegistry, { description: 'The client registry.' })
  clientRegistry: ClientRegistry;
}
