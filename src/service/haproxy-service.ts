import { ChildEntity } from 'typeorm';
import { ObjectType } from 'type-graphql';
import { Service } from './service';
import { ServiceType } from './service-type';

@ChildEntity(ServiceType.HAPROXY)
@ObjectType({ implements: Service, description: 'An HAProxy. It has no address of its own.' })
export class HaProxyService extends Service {}
