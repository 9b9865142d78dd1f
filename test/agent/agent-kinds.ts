/** What an agent of a kind is added with, and how it is read back. Written by hand, apart from the table that the server has. */
export interface KindFacts {
  type: string;
  typename: string;
  /** The kind of service that it observes, or what it observes otherwise. */
  observes:
    | 'mysql'
    | 'mongodb'
    | 'postgresql'
    | 'proxysql'
    | 'valkey'
    | 'external'
    | 'remoteRds'
    | 'remoteAzureDatabase'
    | 'own';
  /** What it cannot be added without. */
  least: Record<string, unknown>;
  /** All settings that can be read, each with another value than it has by itself. */
  settings: Record<string, unknown>;
  secrets: string[];
  /** What it has when only the least was said. */
  unsaid: Record<string, unknown>;
}

const DSN = [{ name: 'allowCleartextPasswords', value: '1' }];
const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

const TLS = { tls: true, tlsSkipVerify: true, tlsCa: PEM, tlsCert: PEM };
const NO_TLS = { tls: false, tlsSkipVerify: false, tlsCa: null, tlsCert: null };
const ACCESS = { settings: { username: 'watcher', ...TLS }, secrets: ['password', 'tlsKey'] };
const CONNECTION = { disabledCollectors: ['heap', 'stat'], connectionTimeout: '5s', logLevel: 'WARN' };
const NO_CONNECTION = { disabledCollectors: [], connectionTimeout: null, logLevel: null };
const LOG = { settings: { logLevel: 'DEBUG' }, secrets: [], unsaid: { logLevel: null }, least: {} };

function exporter(
  type: string,
  typename: string,
  observes: KindFacts['observes'],
  needsUser: boolean,
  own: Record<string, unknown> = {},
  ownUnsaid: Record<string, unknown> = {},
): KindFacts {
  return {
    type,
    typename,
    observes,
    least: needsUser ? { username: 'least' } : {},
    settings: { ...ACCESS.settings, ...CONNECTION, ...own },
    secrets: ACCESS.secrets,
    unsaid: { username: needsUser ? 'least' : null, ...NO_TLS, ...NO_CONNECTION, ...ownUnsaid },
  };
}

function queries(
  type: string,
  typename: string,
  observes: KindFacts['observes'],
  needsUser: boolean,
  own: Record<string, unknown> = {},
  ownUnsaid: Record<string, unknown> = {},
): KindFacts {
  return {
    type,
    typename,
    observes,
    least: needsUser ? { username: 'least' } : {},
    settings: { ...ACCESS.settings, maxQueryLength: 2048, logLevel: 'ERROR', ...own },
    secrets: ACCESS.secrets,
    unsaid: { username: needsUser ? 'least' : null, ...NO_TLS, maxQueryLength: null, logLevel: null, ...ownUnsaid },
  };
}

const EXAMPLES = { disableCommentsParsing: true, queryExamplesDisabled: true };
const NO_EXAMPLES = { disableCommentsParsing: false, queryExamplesDisabled: false };

/** The kinds beside the host agent, by their fields in AddAgentInput. */
export const KINDS = {
  nodeExporter: {
    type: 'NODE_EXPORTER',
    typename: 'NodeExporter',
    observes: 'own',
    least: {},
    settings: { disabledCollectors: ['wifi'], logLevel: 'FATAL' },
    secrets: [],
    unsaid: { disabledCollectors: [], logLevel: null },
  },
  mysqldExporter: exporter(
    'MYSQLD_EXPORTER',
    'MysqldExporter',
    'mysql',
    true,
    { tablestatsGroupTableLimit: -1, extraDsnParams: DSN },
    { tablestatsGroupTableLimit: null, extraDsnParams: [] },
  ),
  mongodbExporter: exporter(
    'MONGODB_EXPORTER',
    'MongoDbExporter',
    'mongodb',
    false,
    {
      statsCollections: ['orders.items'],
      collectionsLimit: 100,
      enableAllCollectors: true,
      authenticationMechanism: 'SCRAM-SHA-256',
      authenticationDatabase: 'admin',
      environmentVariableNames: ['KRB5_CONFIG'],
    },
    {
      statsCollections: [],
      collectionsLimit: null,
      enableAllCollectors: false,
      authenticationMechanism: null,
      authenticationDatabase: null,
      environmentVariableNames: [],
    },
  ),
  postgresExporter: exporter(
    'POSTGRES_EXPORTER',
    'PostgresExporter',
    'postgresql',
    true,
    { autoDiscoveryLimit: 10, maxExporterConnections: 3 },
    { autoDiscoveryLimit: null, maxExporterConnections: null },
  ),
  proxysqlExporter: exporter('PROXYSQL_EXPORTER', 'ProxySqlExporter', 'proxysql', true),
  valkeyExporter: exporter('VALKEY_EXPORTER', 'ValkeyExporter', 'valkey', false),
  rdsExporter: {
    type: 'RDS_EXPORTER',
    typename: 'RdsExporter',
    observes: 'remoteRds',
    least: {},
    settings: {
      awsAccessKey: 'AKIAEXAMPLE',
      awsRoleArn: 'arn:aws:iam::1:role/watcher',
      basicMetricsDisabled: true,
      enhancedMetricsDisabled: true,
      logLevel: 'INFO',
    },
    secrets: ['awsSecretKey'],
    unsaid: {
      awsAccessKey: null,
      awsRoleArn: null,
      basicMetricsDisabled: false,
      enhancedMetricsDisabled: false,
      logLevel: null,
    },
  },
  azureDatabaseExporter: {
    type: 'AZURE_DATABASE_EXPORTER',
    typename: 'AzureDatabaseExporter',
    observes: 'remoteAzureDatabase',
    least: { clientId: 'c', tenantId: 't', subscriptionId: 's', resourceType: 'MYSQL' },
    settings: {
      clientId: 'client',
      tenantId: 'tenant',
      subscriptionId: 'subscription',
      resourceGroup: 'group',
      resourceType: 'POSTGRESQL',
      logLevel: 'INFO',
    },
    secrets: ['clientSecret'],
    unsaid: {
      clientId: 'c',
      tenantId: 't',
      subscriptionId: 's',
      resourceType: 'MYSQL',
      resourceGroup: null,
      logLevel: null,
    },
  },
  externalExporter: {
    type: 'EXTERNAL_EXPORTER',
    typename: 'ExternalExporter',
    observes: 'external',
    least: { listenPort: 9100 },
    settings: { listenPort: 65_535, scheme: 'https', metricsPath: '/metrics/all', tlsSkipVerify: true },
    secrets: [],
    unsaid: { listenPort: 9100, scheme: 'http', metricsPath: '/metrics', tlsSkipVerify: false },
  },
  qanMysqlPerfschemaAgent: queries(
    'QAN_MYSQL_PERFSCHEMA_AGENT',
    'QanMySqlPerfschemaAgent',
    'mysql',
    true,
    EXAMPLES,
    NO_EXAMPLES,
  ),
  qanMysqlSlowlogAgent: queries(
    'QAN_MYSQL_SLOWLOG_AGENT',
    'QanMySqlSlowlogAgent',
    'mysql',
    true,
    { ...EXAMPLES, maxSlowlogFileSize: 1_073_741_824 },
    { ...NO_EXAMPLES, maxSlowlogFileSize: null },
  ),
  qanMongodbProfilerAgent: queries('QAN_MONGODB_PROFILER_AGENT', 'QanMongoDbProfilerAgent', 'mongodb', false),
  qanMongodbMongologAgent: queries('QAN_MONGODB_MONGOLOG_AGENT', 'QanMongoDbMongologAgent', 'mongodb', false),
  qanPostgresqlPgstatementsAgent: queries(
    'QAN_POSTGRESQL_PGSTATEMENTS_AGENT',
    'QanPostgreSqlPgStatementsAgent',
    'postgresql',
    true,
    { disableCommentsParsing: true },
    { disableCommentsParsing: false },
  ),
  qanPostgresqlPgstatmonitorAgent: queries(
    'QAN_POSTGRESQL_PGSTATMONITOR_AGENT',
    'QanPostgreSqlPgStatMonitorAgent',
    'postgresql',
    true,
    EXAMPLES,
    NO_EXAMPLES,
  ),
  vmAgent: { type: 'VM_AGENT', typename: 'VmAgent', observes: 'own', ...LOG },
  nomadAgent: { type: 'NOMAD_AGENT', typename: 'NomadAgent', observes: 'own', ...LOG },
  rtaMongodbAgent: {
    type: 'RTA_MONGODB_AGENT',
    typename: 'RtaMongoDbAgent',
    observes: 'mongodb',
    least: {},
    settings: { ...ACCESS.settings, collectInterval: '1s', logLevel: 'INFO' },
    secrets: ACCESS.secrets,
    unsaid: { username: null, ...NO_TLS, collectInterval: null, logLevel: null },
  },
} satisfies Record<string, KindFacts>;

export type AgentKind = keyof typeof KINDS;
export const KIND_NAMES = Object.keys(KINDS) as AgentKind[];
export const factsOf = (kind: AgentKind): KindFacts => KINDS[kind];
