import { ChildEntity } from 'typeorm';
import { ObjectType } from 'type-graphql';
import { Service } from './service';
import { ServiceType } from './service-type';

@ChildEntity(ServiceType.PROXYSQL)
@ObjectType({ implements: Service, description: 'A ProxySQL.' })
export class ProxySqlService extends Service {}
