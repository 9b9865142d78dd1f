import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { LabelInput } from '../label/label';
import { UUID } from '../scalars/uuid';

@InputType({ description: 'What an agent says of its node. A container when containerId is given, else generic.' })
export class RegisterNodeInput {
  @Field(() => String, {
    description: '1 to 253 letters, digits, dots, underscores and dashes, the first and the last a letter or digit.',
  })
  name: string;

  @Field(() => String, {
    nullable: true,
    description: 'Where it is reached. Absent: the address that the call came from.',
  })
  address?: string | null;

  @Field(() => String, { nullable: true, description: 'Operating system and architecture, such as linux/amd64.' })
  os?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The distribution of the operating system; kept for generic nodes.',
  })
  distro?: string | null;

  @Field(() => String, { nullable: true, description: 'The model of the machine.' })
  model?: string | null;

  @Field(() => String, { nullable: true, description: 'What the operating system calls the machine.' })
  machineId?: string | null;

  @Field(() => String, { nullable: true, description: 'What the runtime calls the container.' })
  containerId?: string | null;

  @Field(() => String, { nullable: true, description: 'What people call the container; with a containerId.' })
  containerName?: string | null;

  @Field(() => String, { nullable: true, description: 'Datacenter or cloud region.' })
  region?: string | null;

  @Field(() => String, { nullable: true, description: 'Availability zone.' })
  zone?: string | null;

  @Field(() => String, { nullable: true, description: 'What it is used for, such as production.' })
  environment?: string | null;

  @Field(() => [String], { nullable: true, description: 'Words to give to it; 64 at most.' })
  tags?: string[] | null;

  @Field(() => [LabelInput], { nullable: true, description: 'Labels to give to it; 64 at most.' })
  labels?: LabelInput[] | null;
}

@InputType({ description: 'The PostgreSQL server that an agent found on its node.' })
export class RegisterPostgreSqlInput {
  @Field(() => String, { description: 'Its version, such as 16.4.' })
  version: string;

  @Field(() => String, {
    nullable: true,
    description: 'The name of the service: the name of the node and -postgresql unless said.',
  })
  name?: string | null;

  @Field(() => String, { nullable: true, description: 'Where it is reached from its node: 127.0.0.1 unless said.' })
  address?: string | null;

  @Field(() => Int, { nullable: true, description: 'The port at the address: 5432 unless said.' })
  port?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'The socket that it is reached by, in place of address and port.',
  })
  socket?: string | null;

  @Field(() => String, { nullable: true, description: 'The database cluster that it belongs to.' })
  cluster?: string | null;

  @Field(() => String, { nullable: true, description: 'The replication set that it belongs to.' })
  replicationSet?: string | null;
}

@InputType({ description: 'An agent that enrols with a registration token.' })
export class RegisterAgentInput {
  @Field(() => String, { description: 'The registration token.' })
  token: string;

  @Field(() => UUID, {
    nullable: true,
    description:
      'Made by the agent, kept secret, stored before the first try. The same token with the same id and node name may be sent again while the agent has not synced since, for ten minutes after the first: same agent, a new key, the former one ended.',
  })
  registrationId?: string | null;

  @Field(() => RegisterNodeInput, { description: 'The node.' })
  node: RegisterNodeInput;

  @Field(() => String, { nullable: true, description: 'The version of the agent.' })
  agentVersion?: string | null;

  @Field(() => RegisterPostgreSqlInput, {
    nullable: true,
    description: 'When the host runs PostgreSQL: a service is recorded too.',
  })
  postgresql?: RegisterPostgreSqlInput | null;
}

// Scalars only: a public mutation opens no way into the graph.
@ObjectType({ description: 'The agent that was enrolled, with its key.' })
export class RegisterAgentPayload {
  @Field(() => ID, { description: 'The id of the host agent.' })
  agentId: string;

  @Field(() => ID, { description: 'The id of its node.' })
  nodeId: string;

  @Field(() => ID, { nullable: true, description: 'The id of the PostgreSQL service, when one was named.' })
  serviceId: string | null;

  @Field(() => String, { description: "The agent's API key. It is in this answer and nowhere else, ever." })
  secret: string;

  @Field(() => Int, { description: 'How often the agent should sync.' })
  syncIntervalSeconds: number;
}
