import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { FieldChange } from '../audit/audit-event';
import { LabelInput } from '../label/label';
import { DateTime } from '../scalars/date-time';
import { Node } from './node';

@InputType({
  description:
    'What to change of a node: what is absent stays, null clears, a value sets. Fields of a kind that the node is not are refused.',
})
export class UpdateNodeInput {
  @Field(() => ID, { description: 'Which node.' })
  id: string;

  @Field(() => String, {
    nullable: true,
    description: '1 to 253 letters, digits, dots, underscores and dashes, the first and the last a letter or digit.',
  })
  name?: string | null;

  @Field(() => String, { nullable: true, description: 'Where it is reached: an IP address or a host name.' })
  address?: string | null;

  @Field(() => String, { nullable: true, description: 'The model of the machine.' })
  model?: string | null;

  @Field(() => String, { nullable: true, description: 'Datacenter or cloud region. Managed instances keep one.' })
  region?: string | null;

  @Field(() => String, { nullable: true, description: 'Availability zone.' })
  zone?: string | null;

  @Field(() => String, { nullable: true, description: 'What it is used for, such as production.' })
  environment?: string | null;

  @Field(() => String, { nullable: true, description: 'Operating system and architecture, such as linux/amd64.' })
  os?: string | null;

  @Field(() => [String], { nullable: true, description: 'All of its tags; 64 at most.' })
  tags?: string[] | null;

  @Field(() => [LabelInput], { nullable: true, description: 'All of its labels; 64 at most.' })
  labels?: LabelInput[] | null;

  @Field(() => String, { nullable: true, description: 'Of a generic node or a container: the machine’s own id.' })
  machineId?: string | null;

  @Field(() => String, { nullable: true, description: 'Of a generic node: the distribution of the operating system.' })
  distro?: string | null;

  @Field(() => String, { nullable: true, description: 'Of a container: what its runtime calls it.' })
  containerId?: string | null;

  @Field(() => String, { nullable: true, description: 'Of a container: what people call it; with a containerId.' })
  containerName?: string | null;

  @Field(() => String, { nullable: true, description: 'Of an RDS instance: what AWS calls it.' })
  instanceId?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Refused with CONFLICT when the node changed since.' })
  expectedUpdatedAt?: Date | null;

  @Field(() => Boolean, { defaultValue: false, description: 'Answer what would be, and change nothing.' })
  dryRun: boolean;
}

@ObjectType({ description: 'The node as it is now, or would be.' })
export class UpdateNodePayload {
  @Field(() => Node, { description: 'The node.' })
  node: Node;

  @Field(() => [FieldChange], { description: 'What changed of it.' })
  changes: FieldChange[];
}
