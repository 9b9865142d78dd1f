import { Field, InputType, ObjectType } from 'type-graphql';
import { LabelInput } from '../label/label';
import { Node } from './node';

@InputType({ description: 'What several kinds have in common.' })
abstract class AddNodeFields {
  @Field(() => String, {
    description: '1 to 253 letters, digits, dots, underscores and dashes, the first and the last a letter or digit.',
  })
  name: string;

  @Field(() => String, { description: 'Where it is reached: an IP address or a host name.' })
  address: string;

  @Field(() => String, { nullable: true, description: 'The model of the machine.' })
  model?: string | null;

  @Field(() => String, { nullable: true, description: 'Availability zone.' })
  zone?: string | null;

  @Field(() => String, { nullable: true, description: 'What it is used for, such as production.' })
  environment?: string | null;

  @Field(() => String, { nullable: true, description: 'Operating system and architecture, such as linux/amd64.' })
  os?: string | null;

  @Field(() => [String], { nullable: true, description: 'Words to give to it; 64 at most.' })
  tags?: string[] | null;

  @Field(() => [LabelInput], { nullable: true, description: 'Labels to give to it; 64 at most.' })
  labels?: LabelInput[] | null;
}

@InputType({ description: 'What several kinds have in common.' })
abstract class AddPlacedNodeFields extends AddNodeFields {
  @Field(() => String, { nullable: true, description: 'Datacenter or cloud region.' })
  region?: string | null;
}

@InputType({ description: 'What several kinds have in common.' })
abstract class AddManagedNodeFields extends AddNodeFields {
  @Field(() => String, { description: 'Cloud region. With the address it tells the instance from others of its kind.' })
  region: string;
}

@InputType({ description: 'Bare metal or a virtual machine.' })
export class AddGenericNodeInput extends AddPlacedNodeFields {
  @Field(() => String, { nullable: true, description: 'What the operating system calls the machine.' })
  machineId?: string | null;

  @Field(() => String, { nullable: true, description: 'The distribution of the operating system.' })
  distro?: string | null;
}

@InputType({ description: 'A container.' })
export class AddContainerNodeInput extends AddPlacedNodeFields {
  @Field(() => String, { nullable: true, description: 'What the operating system of its host calls that machine.' })
  machineId?: string | null;

  @Field(() => String, { nullable: true, description: 'What its runtime calls it. Unique when given.' })
  containerId?: string | null;

  @Field(() => String, { nullable: true, description: 'What people call it; with a containerId.' })
  containerName?: string | null;
}

@InputType({ description: 'A machine that no host agent runs on.' })
export class AddRemoteNodeInput extends AddPlacedNodeFields {}

@InputType({ description: 'An Amazon RDS instance. Its address is the instance identifier, without dots.' })
export class AddRemoteRdsNodeInput extends AddManagedNodeFields {
  @Field(() => String, { nullable: true, description: 'What AWS calls the instance.' })
  instanceId?: string | null;
}

@InputType({ description: 'An Azure database instance.' })
export class AddRemoteAzureDatabaseNodeInput extends AddManagedNodeFields {}

@InputType({ description: 'The node to add: one of the kinds.' })
export class AddNodeInput {
  @Field(() => AddGenericNodeInput, { nullable: true, description: 'Bare metal or a virtual machine.' })
  generic?: AddGenericNodeInput | null;

  @Field(() => AddContainerNodeInput, { nullable: true, description: 'A container.' })
  container?: AddContainerNodeInput | null;

  @Field(() => AddRemoteNodeInput, { nullable: true, description: 'A machine that no host agent runs on.' })
  remote?: AddRemoteNodeInput | null;

  @Field(() => AddRemoteRdsNodeInput, { nullable: true, description: 'An Amazon RDS instance.' })
  remoteRds?: AddRemoteRdsNodeInput | null;

  @Field(() => AddRemoteAzureDatabaseNodeInput, { nullable: true, description: 'An Azure database instance.' })
  remoteAzureDatabase?: AddRemoteAzureDatabaseNodeInput | null;
}

@ObjectType({ description: 'The node that was added.' })
export class AddNodePayload {
  @Field(() => Node, { description: 'The node.' })
  node: Node;
}
