import type { ClassType } from 'type-graphql';
import type { Agent } from './agent';
import { agentClass } from './agent-class';
import type { AgentKind } from './agent-kind';
import { AgentType } from './agent-type';
import type { SettingName } from './settings';

const CREDENTIALS = ['username', 'password', 'tls', 'tlsSkipVerify', 'tlsCa', 'tlsCert', 'tlsKey'] as const;
const CONNECTION = [...CREDENTIALS, 'connectionTimeout', 'disabledCollectors', 'logLevel'] as const;
const QUERIES = [...CREDENTIALS, 'maxQueryLength', 'logLevel'] as const;

const kind = (
  type: AgentKind['type'],
  name: string,
  observes: AgentKind['observes'],
  settings: readonly SettingName[],
  required: readonly SettingName[] = [],
): AgentKind => ({ type, name, observes, isSupervised: type !== AgentType.EXTERNAL_EXPORTER, settings, required });

/** The kinds of agents beside the host agent, by their fields in inputs that name a kind. */
export const AGENT_KINDS = {
  nodeExporter: kind(AgentType.NODE_EXPORTER, 'NodeExporter', 'OWN_NODE', ['disabledCollectors', 'logLevel']),
  mysqldExporter: kind(
    AgentType.MYSQLD_EXPORTER,
    'MysqldExporter',
    'SERVICE',
    [...CONNECTION, 'tablestatsGroupTableLimit', 'extraDsnParams'],
    ['username'],
  ),
  mongodbExporter: kind(AgentType.MONGODB_EXPORTER, 'MongoDbExporter', 'SERVICE', [
    ...CONNECTION,
    'statsCollections',
    'collectionsLimit',
    'enableAllCollectors',
    'authenticationMechanism',
    'authenticationDatabase',
    'environmentVariableNames',
  ]),
  postgresExporter: kind(
    AgentType.POSTGRES_EXPORTER,
    'PostgresExporter',
    'SERVICE',
    [...CONNECTION, 'autoDiscoveryLimit', 'maxExporterConnections'],
    ['username'],
  ),
  proxysqlExporter: kind(AgentType.PROXYSQL_EXPORTER, 'ProxySqlExporter', 'SERVICE', CONNECTION, ['username']),
  valkeyExporter: kind(AgentType.VALKEY_EXPORTER, 'ValkeyExporter', 'SERVICE', CONNECTION),
  rdsExporter: kind(AgentType.RDS_EXPORTER, 'RdsExporter', 'NODE', [
    'awsAccessKey',
    'awsSecretKey',
    'awsRoleArn',
    'basicMetricsDisabled',
    'enhancedMetricsDisabled',
    'logLevel',
  ]),
  azureDatabaseExporter: kind(
    AgentType.AZURE_DATABASE_EXPORTER,
    'AzureDatabaseExporter',
    'NODE',
    ['clientId', 'clientSecret', 'tenantId', 'subscriptionId', 'resourceGroup', 'resourceType', 'logLevel'],
    ['clientId', 'tenantId', 'subscriptionId', 'resourceType'],
  ),
  externalExporter: kind(
    AgentType.EXTERNAL_EXPORTER,
    'ExternalExporter',
    'SERVICE',
    ['listenPort', 'scheme', 'metricsPath', 'tlsSkipVerify'],
    ['listenPort'],
  ),
  qanMysqlPerfschemaAgent: kind(
    AgentType.QAN_MYSQL_PERFSCHEMA_AGENT,
    'QanMySqlPerfschemaAgent',
    'SERVICE',
    [...QUERIES, 'disableCommentsParsing', 'queryExamplesDisabled'],
    ['username'],
  ),
  qanMysqlSlowlogAgent: kind(
    AgentType.QAN_MYSQL_SLOWLOG_AGENT,
    'QanMySqlSlowlogAgent',
    'SERVICE',
    [...QUERIES, 'disableCommentsParsing', 'queryExamplesDisabled', 'maxSlowlogFileSize'],
    ['username'],
  ),
  qanMongodbProfilerAgent: kind(AgentType.QAN_MONGODB_PROFILER_AGENT, 'QanMongoDbProfilerAgent', 'SERVICE', QUERIES),
  qanMongodbMongologAgent: kind(AgentType.QAN_MONGODB_MONGOLOG_AGENT, 'QanMongoDbMongologAgent', 'SERVICE', QUERIES),
  qanPostgresqlPgstatementsAgent: kind(
    AgentType.QAN_POSTGRESQL_PGSTATEMENTS_AGENT,
    'QanPostgreSqlPgStatementsAgent',
    'SERVICE',
    [...QUERIES, 'disableCommentsParsing'],
    ['username'],
  ),
  qanPostgresqlPgstatmonitorAgent: kind(
    AgentType.QAN_POSTGRESQL_PGSTATMONITOR_AGENT,
    'QanPostgreSqlPgStatMonitorAgent',
    'SERVICE',
    [...QUERIES, 'disableCommentsParsing', 'queryExamplesDisabled'],
    ['username'],
  ),
  vmAgent: kind(AgentType.VM_AGENT, 'VmAgent', 'OWN_NODE', ['logLevel']),
  nomadAgent: kind(AgentType.NOMAD_AGENT, 'NomadAgent', 'OWN_NODE', ['logLevel']),
  rtaMongodbAgent: kind(AgentType.RTA_MONGODB_AGENT, 'RtaMongoDbAgent', 'SERVICE', [
    ...CREDENTIALS,
    'collectInterval',
    'logLevel',
  ]),
};

export type AgentKindName = keyof typeof AGENT_KINDS;

/** The kind of an agent; undefined for a host agent. */
export function kindOfType(type: AgentType): AgentKind | undefined {
  return Object.values(AGENT_KINDS).find((each) => each.type === type);
}

/** Their classes: each is entity and object type. */
export const AGENT_CLASSES = Object.fromEntries(
  Object.values(AGENT_KINDS).map((each) => [each.type, agentClass(each)]),
) as Record<AgentKind['type'], ClassType<Agent>>;
