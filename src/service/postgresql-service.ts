import { ChildEntity, Column } from 'typeorm';
import { Field, Int, ObjectType } from 'type-graphql';
import { Service } from './service';
import { ServiceType } from './service-type';

@ChildEntity(ServiceType.POSTGRESQL)
@ObjectType({ implements: Service, description: 'A PostgreSQL server.' })
export class PostgreSqlService extends Service {
  @Column('text', { name: 'database_name', nullable: true, default: 'postgres' })
  @Field(() => String, { description: 'The database that agents connect to first.' })
  databaseName: string;

  @Column('integer', { name: 'auto_discovery_limit', nullable: true })
  @Field(() => Int, { nullable: true, description: 'With more databases than this, they are not discovered.' })
  autoDiscoveryLimit: number | null;
}
