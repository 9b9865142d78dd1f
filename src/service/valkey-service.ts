import { ChildEntity } from 'typeorm';
import { ObjectType } from 'type-graphql';
import { Service } from './service';
import { ServiceType } from './service-type';

@ChildEntity(ServiceType.VALKEY)
@ObjectType({ implements: Service, description: 'A Valkey or Redis server.' })
export class ValkeyService extends Service {}
