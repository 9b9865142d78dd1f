import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { FieldChange } from '../audit/audit-event';
import { LabelInput } from '../label/label';
import { DateTime } from '../scalars/date-time';
import { Service } from './service';

@InputType({
  description:
    'What to change of a service: what is absent stays, null clears, a value sets. Fields of a kind that the service is not are refused. Another address, port, socket or databaseName clears the secrets of the agents that observe it, unless an ADMIN gives it.',
})
export class UpdateServiceInput {
  @Field(() => ID, { description: 'Which service.' })
  id: string;

  @Field(() => String, {
    nullable: true,
    description: '1 to 300 printable characters; unique across all types, regardless of case.',
  })
  name?: string | null;

  @Field(() => String, { nullable: true, description: 'What it is used for, such as production.' })
  environment?: string | null;

  @Field(() => String, { nullable: true, description: 'The database cluster that it belongs to.' })
  cluster?: string | null;

  @Field(() => String, { nullable: true, description: 'The replication set that it belongs to.' })
  replicationSet?: string | null;

  @Field(() => [LabelInput], { nullable: true, description: 'All of its labels; 64 at most.' })
  labels?: LabelInput[] | null;

  @Field(() => String, { nullable: true, description: 'Where it is reached from its node; with a port.' })
  address?: string | null;

  @Field(() => Int, { nullable: true, description: 'The port at the address, from 1 to 65535.' })
  port?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'The socket that it is reached by, in place of address and port.',
  })
  socket?: string | null;

  @Field(() => String, { nullable: true, description: 'Of PostgreSQL: the database that agents connect to first.' })
  databaseName?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Of PostgreSQL: with more databases than this, they are not discovered.',
  })
  autoDiscoveryLimit?: number | null;

  @Field(() => String, { nullable: true, description: 'Of an external service: what it is one of, such as etcd.' })
  group?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Refused with CONFLICT when the service changed since.' })
  expectedUpdatedAt?: Date | null;

  @Field(() => Boolean, { defaultValue: false, description: 'Answer what would be, and change nothing.' })
  dryRun: boolean;
}

@ObjectType({ description: 'The service as it is now, or would be.' })
export class UpdateServicePayload {
  @Field(() => Service, { description: 'The service.' })
  service: Service;

  @Field(() => [FieldChange], { description: 'What changed of it.' })
  changes: FieldChange[];
}
