import { ExternalService } from './external-service';
import { HaProxyService } from './haproxy-service';
import { MongoDbService } from './mongodb-service';
import { MySqlService } from './mysql-service';
import { PostgreSqlService } from './postgresql-service';
import { ProxySqlService } from './proxysql-service';
import { ServiceType } from './service-type';
import { ValkeyService } from './valkey-service';

/** How most services are reached. */
const ENDPOINT = ['address', 'port', 'socket'] as const;

/** What a service may be, by its type: its class, and the fields that not all services have. */
export const SERVICE_KINDS = {
  [ServiceType.MYSQL]: { entity: MySqlService, ownFields: ENDPOINT },
  [ServiceType.MONGODB]: { entity: MongoDbService, ownFields: ENDPOINT },
  [ServiceType.POSTGRESQL]: {
    entity: PostgreSqlService,
    ownFields: [...ENDPOINT, 'databaseName', 'autoDiscoveryLimit'],
  },
  [ServiceType.VALKEY]: { entity: ValkeyService, ownFields: ENDPOINT },
  [ServiceType.PROXYSQL]: { entity: ProxySqlService, ownFields: ENDPOINT },
  [ServiceType.HAPROXY]: { entity: HaProxyService, ownFields: [] },
  [ServiceType.EXTERNAL]: { entity: ExternalService, ownFields: ['group'] },
} as const;

/** Their fields in inputs that name a kind. */
export const SERVICE_TYPES = {
  mysql: ServiceType.MYSQL,
  mongodb: ServiceType.MONGODB,
  postgresql: ServiceType.POSTGRESQL,
  valkey: ServiceType.VALKEY,
  proxysql: ServiceType.PROXYSQL,
  haproxy: ServiceType.HAPROXY,
  external: ServiceType.EXTERNAL,
} as const;
