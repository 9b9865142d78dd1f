import { Field, InputType, Int, ObjectType } from 'type-graphql';
import { DateTime } from '../scalars/date-time';
import { UUID } from '../scalars/uuid';

@InputType({ description: 'What a host agent says of itself at each sync.' })
export class SyncAgentInput {
  @Field(() => UUID, {
    description: 'Made afresh at every start of the agent: two hosts with one credential are told apart by it.',
  })
  bootId: string;

  @Field(() => UUID, {
    nullable: true,
    description: 'The bootId of the run before.',
  })
  previousBootId?: string | null;

  @Field(() => String, { nullable: true, description: 'The version of the agent.' })
  agentVersion?: string | null;

  @Field(() => Int, { nullable: true, description: 'The generation that the agent runs; omitted at its start.' })
  generation?: number | null;
}

@ObjectType({ description: 'What the agent is told at each sync.' })
export class SyncAgentPayload {
  @Field(() => Int, { description: 'When to sync again. Spread by the server, with jitter, over the fleet.' })
  syncAfterSeconds: number;

  @Field(() => Int, { description: 'The generation of what it should run.' })
  generation: number;

  @Field(() => DateTime, { description: 'The time by the clock of the database.' })
  serverTime: Date;
}
