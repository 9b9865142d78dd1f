import { ChildEntity } from 'typeorm';
import { ObjectType } from 'type-graphql';
import { Service } from './service';
import { ServiceType } from './service-type';

@ChildEntity(ServiceType.MYSQL)
@ObjectType({ implements: Service, description: 'MySQL or one of its relatives.' })
export class MySqlService extends Service {}
