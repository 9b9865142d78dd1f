import { ChildEntity } from 'typeorm';
import { ObjectType } from 'type-graphql';
import { Service } from './service';
import { ServiceType } from './service-type';

@ChildEntity(ServiceType.MONGODB)
@ObjectType({ implements: Service, description: 'A MongoDB server.' })
export class MongoDbService extends Service {}
