import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { LabelInput } from '../label/label';
import { Service } from './service';

@InputType({ description: 'What all kinds have in common.' })
abstract class AddServiceFields {
  @Field(() => String, { description: '1 to 300 printable characters; unique across all types, regardless of case.' })
  name: string;

  @Field(() => ID, { description: 'The node that it runs on.' })
  nodeId: string;

  @Field(() => String, { nullable: true, description: 'What it is used for, such as production.' })
  environment?: string | null;

  @Field(() => String, { nullable: true, description: 'The database cluster that it belongs to.' })
  cluster?: string | null;

  @Field(() => String, { nullable: true, description: 'The replication set that it belongs to.' })
  replicationSet?: string | null;

  @Field(() => [LabelInput], { nullable: true, description: 'Labels to give to it; 64 at most.' })
  labels?: LabelInput[] | null;
}

@InputType({ description: 'What kinds have in common that are reached by an address and a port, or a socket.' })
abstract class AddReachedServiceFields extends AddServiceFields {
  @Field(() => String, { nullable: true, description: 'Where it is reached from its node; with a port.' })
  address?: string | null;

  @Field(() => Int, { nullable: true, description: 'The port at the address, from 1 to 65535.' })
  port?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'The socket that it is reached by, in place of address and port.',
  })
  socket?: string | null;
}

@InputType({ description: 'MySQL or one of its relatives.' })
export class AddMySqlServiceInput extends AddReachedServiceFields {}

@InputType({ description: 'A MongoDB server.' })
export class AddMongoDbServiceInput extends AddReachedServiceFields {}

@InputType({ description: 'A PostgreSQL server.' })
export class AddPostgreSqlServiceInput extends AddReachedServiceFields {
  @Field(() => String, {
    nullable: true,
    description: 'The database that agents connect to first: postgres unless said.',
  })
  databaseName?: string | null;

  @Field(() => Int, { nullable: true, description: 'With more databases than this, they are not discovered.' })
  autoDiscoveryLimit?: number | null;
}

@InputType({ description: 'A Valkey or Redis server.' })
export class AddValkeyServiceInput extends AddReachedServiceFields {}

@InputType({ description: 'A ProxySQL.' })
export class AddProxySqlServiceInput extends AddReachedServiceFields {}

@InputType({ description: 'An HAProxy.' })
export class AddHaProxyServiceInput extends AddServiceFields {}

@InputType({ description: 'Anything else that has an exporter.' })
export class AddExternalServiceInput extends AddServiceFields {
  @Field(() => String, { nullable: true, description: 'What it is one of, such as etcd: external unless said.' })
  group?: string | null;
}

@InputType({ description: 'The service to add: one of the kinds.' })
export class AddServiceInput {
  @Field(() => AddMySqlServiceInput, { nullable: true, description: 'MySQL or one of its relatives.' })
  mysql?: AddMySqlServiceInput | null;

  @Field(() => AddMongoDbServiceInput, { nullable: true, description: 'A MongoDB server.' })
  mongodb?: AddMongoDbServiceInput | null;

  @Field(() => AddPostgreSqlServiceInput, { nullable: true, description: 'A PostgreSQL server.' })
  postgresql?: AddPostgreSqlServiceInput | null;

  @Field(() => AddValkeyServiceInput, { nullable: true, description: 'A Valkey or Redis server.' })
  valkey?: AddValkeyServiceInput | null;

  @Field(() => AddProxySqlServiceInput, { nullable: true, description: 'A ProxySQL.' })
  proxysql?: AddProxySqlServiceInput | null;

  @Field(() => AddHaProxyServiceInput, { nullable: true, description: 'An HAProxy.' })
  haproxy?: AddHaProxyServiceInput | null;

  @Field(() => AddExternalServiceInput, { nullable: true, description: 'Anything else that has an exporter.' })
  external?: AddExternalServiceInput | null;
}

@ObjectType({ description: 'The service that was added.' })
export class AddServicePayload {
  @Field(() => Service, { description: 'The service.' })
  service: Service;
}
