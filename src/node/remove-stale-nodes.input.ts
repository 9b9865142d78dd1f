import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Duration } from '../scalars/duration';
import { NodeFilter } from './node-filter';

@InputType({ description: 'Which silent nodes to remove.' })
export class RemoveStaleNodesInput {
  @Field(() => Duration, {
    description:
      'How long their host agents have been silent, at least an hour; of one that was never heard of, how long its node has been on the roll.',
  })
  silentFor: number;

  @Field(() => NodeFilter, { nullable: true, description: 'Only these nodes.' })
  filter?: NodeFilter | null;

  @Field(() => Int, { defaultValue: 200, description: 'At most so many at once, from 1 to 1,000.' })
  limit: number;

  @Field(() => Boolean, { defaultValue: true, description: 'Answer what would go, and remove nothing.' })
  dryRun: boolean;
}

@ObjectType({ description: 'A node that stays although it is silent.' })
export class KeptNode {
  @Field(() => ID, { description: 'The node.' })
  nodeId: string;

  @Field(() => String, { description: 'Why it stays.' })
  reason: string;
}

@ObjectType({ description: 'What went, or would go, with all that hangs on it.' })
export class RemoveStaleNodesPayload {
  @Field(() => [ID], { description: 'The nodes that are gone.' })
  nodeIds: string[];

  @Field(() => [KeptNode], { description: 'Silent nodes that stay; at most as many as the limit.' })
  kept: KeptNode[];

  @Field(() => Int, { description: 'How many more there are to remove: ask again.' })
  remaining: number;
}
