import { registerEnumType } from 'type-graphql';

export enum AgentType {
  HOST_AGENT = 'HOST_AGENT',
  NODE_EXPORTER = 'NODE_EXPORTER',
  MYSQLD_EXPORTER = 'MYSQLD_EXPORTER',
  MONGODB_EXPORTER = 'MONGODB_EXPORTER',
  POSTGRES_EXPORTER = 'POSTGRES_EXPORTER',
  PROXYSQL_EXPORTER = 'PROXYSQL_EXPORTER',
  VALKEY_EXPORTER = 'VALKEY_EXPORTER',
  RDS_EXPORTER = 'RDS_EXPORTER',
  AZURE_DATABASE_EXPORTER = 'AZURE_DATABASE_EXPORTER',
  EXTERNAL_EXPORTER = 'EXTERNAL_EXPORTER',
  QAN_MYSQL_PERFSCHEMA_AGENT = 'QAN_MYSQL_PERFSCHEMA_AGENT',
  QAN_MYSQL_SLOWLOG_AGENT = 'QAN_MYSQL_SLOWLOG_AGENT',
  QAN_MONGODB_PROFILER_AGENT = 'QAN_MONGODB_PROFILER_AGENT',
  QAN_MONGODB_MONGOLOG_AGENT = 'QAN_MONGODB_MONGOLOG_AGENT',
  QAN_POSTGRESQL_PGSTATEMENTS_AGENT = 'QAN_POSTGRESQL_PGSTATEMENTS_AGENT',
  QAN_POSTGRESQL_PGSTATMONITOR_AGENT = 'QAN_POSTGRESQL_PGSTATMONITOR_AGENT',
  VM_AGENT = 'VM_AGENT',
  NOMAD_AGENT = 'NOMAD_AGENT',
  RTA_MONGODB_AGENT = 'RTA_MONGODB_AGENT',
}

/** What each kind of agent is there for, as its users are told. */
export const PURPOSES: Record<AgentType, string> = {
  HOST_AGENT: 'Enrols, syncs, and starts and stops the other agents of its node.',
  NODE_EXPORTER: 'Metrics of a machine.',
  MYSQLD_EXPORTER: 'Metrics of a MySQL server.',
  MONGODB_EXPORTER: 'Metrics of a MongoDB server.',
  POSTGRES_EXPORTER: 'Metrics of a PostgreSQL server.',
  PROXYSQL_EXPORTER: 'Metrics of a ProxySQL server.',
  VALKEY_EXPORTER: 'Metrics of a Valkey server.',
  RDS_EXPORTER: 'Metrics of an Amazon RDS instance.',
  AZURE_DATABASE_EXPORTER: 'Metrics of an Azure database.',
  EXTERNAL_EXPORTER: 'An exporter that somebody else starts and stops.',
  QAN_MYSQL_PERFSCHEMA_AGENT: 'Query analytics of MySQL from the Performance Schema.',
  QAN_MYSQL_SLOWLOG_AGENT: 'Query analytics of MySQL from the slow log.',
  QAN_MONGODB_PROFILER_AGENT: 'Query analytics of MongoDB from its profiler.',
  QAN_MONGODB_MONGOLOG_AGENT: 'Query analytics of MongoDB from its log.',
  QAN_POSTGRESQL_PGSTATEMENTS_AGENT: 'Query analytics of PostgreSQL from pg_stat_statements.',
  QAN_POSTGRESQL_PGSTATMONITOR_AGENT: 'Query analytics of PostgreSQL from pg_stat_monitor.',
  VM_AGENT: 'Collects and forwards metrics of its node.',
  NOMAD_AGENT: 'Runs scheduled work on its node.',
  RTA_MONGODB_AGENT: 'Real-time analytics of MongoDB.',
};

registerEnumType(AgentType, {
  name: 'AgentType',
  description: 'The kinds of agents.',
  valuesConfig: Object.fromEntries(Object.entries(PURPOSES).map(([type, description]) => [type, { description }])),
});

export enum AgentStatus {
  ACTIVE = 'ACTIVE',
  INACTIVE = 'INACTIVE',
  STARTING = 'STARTING',
  RUNNING = 'RUNNING',
  WAITING = 'WAITING',
  STOPPING = 'STOPPING',
  DONE = 'DONE',
  UNKNOWN = 'UNKNOWN',
}

registerEnumType(AgentStatus, {
  name: 'AgentStatus',
  description:
    'A host agent is ACTIVE or INACTIVE. An agent that it supervises has one of the others: UNKNOWN until its first report and while its host agent is INACTIVE, DONE when disabled. An external exporter is UNKNOWN.',
  valuesConfig: {
    ACTIVE: { description: 'The host agent was heard of lately.' },
    INACTIVE: { description: 'The host agent is silent, or was never heard of.' },
    STARTING: { description: 'It is being started.' },
    RUNNING: { description: 'It runs.' },
    WAITING: { description: 'It failed and will be started again.' },
    STOPPING: { description: 'It is being stopped.' },
    DONE: { description: 'It was stopped on purpose.' },
    UNKNOWN: { description: 'Nobody has said.' },
  },
});

/** What a host agent may report of the agents that it starts and stops. */
export const REPORTED_STATUSES = [
  AgentStatus.STARTING,
  AgentStatus.RUNNING,
  AgentStatus.WAITING,
  AgentStatus.STOPPING,
  AgentStatus.DONE,
] as const;

export type ReportedStatus = (typeof REPORTED_STATUSES)[number];

export enum EnrolmentMethod {
  TOKEN = 'TOKEN',
  APPROVAL = 'APPROVAL',
  MANUAL = 'MANUAL',
}

registerEnumType(EnrolmentMethod, {
  name: 'EnrolmentMethod',
  description: 'How a host agent came on the roll.',
  valuesConfig: {
    TOKEN: { description: 'With a registration token.' },
    APPROVAL: { description: 'It asked, and an administrator approved.' },
    MANUAL: { description: 'Somebody entered it by hand.' },
  },
});
