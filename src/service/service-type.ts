import { registerEnumType } from 'type-graphql';

export enum ServiceType {
  MYSQL = 'MYSQL',
  MONGODB = 'MONGODB',
  POSTGRESQL = 'POSTGRESQL',
  VALKEY = 'VALKEY',
  PROXYSQL = 'PROXYSQL',
  HAPROXY = 'HAPROXY',
  EXTERNAL = 'EXTERNAL',
}

registerEnumType(ServiceType, {
  name: 'ServiceType',
  description: 'The kinds of services.',
  valuesConfig: {
    MYSQL: { description: 'MySQL and its relatives.' },
    MONGODB: { description: 'MongoDB.' },
    POSTGRESQL: { description: 'PostgreSQL.' },
    VALKEY: { description: 'Valkey and Redis.' },
    PROXYSQL: { description: 'ProxySQL.' },
    HAPROXY: { description: 'HAProxy.' },
    EXTERNAL: { description: 'Anything else that has an exporter.' },
  },
});
