import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';

@InputType({ description: 'Which service to remove, and what to do about what hangs on it.' })
export class RemoveServiceInput {
  @Field(() => ID, { description: 'Which service.' })
  id: string;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Remove the agents that observe it, too. Without this they refuse the removal.',
  })
  force: boolean;

  @Field(() => Boolean, { defaultValue: false, description: 'Answer what would go, and remove nothing.' })
  dryRun: boolean;
}

@ObjectType({ description: 'What went, or would go. Its node stays.' })
export class RemoveServicePayload {
  @Field(() => ID, { description: 'The service that is gone.' })
  serviceId: string;

  @Field(() => Int, { description: 'How many agents went with it.' })
  removedAgents: number;
}
