import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';

@InputType({ description: 'Which node to remove, and what to do about what hangs on it.' })
export class RemoveNodeInput {
  @Field(() => ID, { description: 'Which node.' })
  id: string;

  @Field(() => Boolean, {
    defaultValue: false,
    description:
      'Remove its services, the agents that run on it, and those that observe it or its services, too. Without this they refuse the removal.',
  })
  force: boolean;

  @Field(() => Boolean, { defaultValue: false, description: 'Answer what would go, and remove nothing.' })
  dryRun: boolean;
}

@ObjectType({ description: 'What went, or would go.' })
export class RemoveNodePayload {
  @Field(() => ID, { description: 'The node that is gone.' })
  nodeId: string;

  @Field(() => Int, { description: 'How many services went with it.' })
  removedServices: number;

  @Field(() => Int, { description: 'How many agents went with it.' })
  removedAgents: number;

  @Field(() => Int, { description: 'How many keys of these agents ended.' })
  revokedApiKeys: number;
}
