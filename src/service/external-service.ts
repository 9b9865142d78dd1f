import { ChildEntity, Column } from 'typeorm';
import { Field, ObjectType } from 'type-graphql';
import { Service } from './service';
import { ServiceType } from './service-type';

@ChildEntity(ServiceType.EXTERNAL)
@ObjectType({ implements: Service, description: 'Anything else that has an exporter. It has no address of its own.' })
export class ExternalService extends Service {
  @Column('text', { name: 'external_group', nullable: true })
  @Field(() => String, { description: 'What it is one of, such as redis or etcd.' })
  group: string;
}
