import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';

@InputType({ description: 'Which agent to remove, and what to do about what hangs on it.' })
export class RemoveAgentInput {
  @Field(() => ID, { description: 'Which agent.' })
  id: string;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Of a host agent, remove those that it starts and stops, too. Without this they refuse the removal.',
  })
  force: boolean;

  @Field(() => Boolean, { defaultValue: false, description: 'Answer what would go, and remove nothing.' })
  dryRun: boolean;
}

@ObjectType({ description: 'What went, or would go. Node and services stay.' })
export class RemoveAgentPayload {
  @Field(() => ID, { description: 'The agent that is gone.' })
  agentId: string;

  @Field(() => Int, { description: 'How many agents went with it.' })
  removedAgents: number;

  @Field(() => Int, { description: 'How many keys of host agents ended.' })
  revokedApiKeys: number;
}
