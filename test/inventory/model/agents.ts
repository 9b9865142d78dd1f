import { hasLabel, kept, LABELS, none, text, type Collection, type Field, type Kind, type Watches } from './collection';

const flag: Field = { good: [false, true], fallback: false, kept: true, added: 'not null' };
const secret: Field = { good: ['p', 'q'], secret: true };
const LEVEL: Field = { good: ['WARN', 'DEBUG'] };
const COLLECTORS: Field = { good: [[], ['heap'], ['heap', 'stat']], bad: [[[''], '.0']], fallback: [] };

const CONNECTION = {
  username: kept(['watcher', 'root']),
  password: { ...secret, added: 'mostly' },
  tlsKey: secret,
  tls: { ...flag, guards: true },
  disabledCollectors: COLLECTORS,
} satisfies Record<string, Field>;

function kind(type: string, typename: string, own: Record<string, Field>, watches: Watches): Kind {
  return { type, typename, fields: { labels: LABELS, disabled: flag, ...own }, rule: none, watches };
}

const HOSTS = ['generic', 'container'];

/** By the kinds of services and nodes that they go with, written apart from the table that the server has. */
const KINDS: Record<string, Kind> = {
  hostAgent: {
    type: 'HOST_AGENT',
    typename: 'HostAgent',
    // It is not stopped from here.
    fields: {
      labels: LABELS,
      disabled: { good: [false], bad: [[true, '']], fallback: false, kept: true, added: 'never' },
    },
    rule: none,
  },
  nodeExporter: kind(
    'NODE_EXPORTER',
    'NodeExporter',
    { disabledCollectors: COLLECTORS, logLevel: LEVEL },
    { supervised: true, nodes: HOSTS },
  ),
  mysqldExporter: kind(
    'MYSQLD_EXPORTER',
    'MysqldExporter',
    { ...CONNECTION, tablestatsGroupTableLimit: { good: [-1, 0] } },
    { supervised: true, service: 'mysql' },
  ),
  postgresExporter: kind(
    'POSTGRES_EXPORTER',
    'PostgresExporter',
    { ...CONNECTION, autoDiscoveryLimit: { good: [0, 10] } },
    { supervised: true, service: 'postgresql' },
  ),
  rdsExporter: kind(
    'RDS_EXPORTER',
    'RdsExporter',
    { awsAccessKey: text('AKIA'), awsSecretKey: secret, basicMetricsDisabled: flag, logLevel: LEVEL },
    { supervised: true, node: 'remoteRds', nodes: [...HOSTS, 'remoteRds'] },
  ),
  externalExporter: kind(
    'EXTERNAL_EXPORTER',
    'ExternalExporter',
    {
      listenPort: kept(
        [1, 9100],
        [
          [0, ''],
          [65_536, ''],
        ],
      ),
      scheme: { good: ['http', 'https'], bad: [['ftp', '']], fallback: 'http', kept: true, added: 'not null' },
      tlsSkipVerify: { ...flag, guards: true },
    },
    { supervised: false, service: 'external', nodes: [...HOSTS, 'remote'] },
  ),
};

export const AGENTS: Collection = {
  noun: 'agent',
  kinds: KINDS,
  links: { runsOn: 'node', supervisor: 'agent', observedNode: 'node', observedService: 'service' },
  unique: [],
  together: [
    { tls: true, password: 'anew' },
    { tls: false, password: null },
    { password: 'other' },
    { tls: true },
    { disabled: true },
    { labels: [{ name: 'app', value: 'x' }] },
  ],
  order: ['TYPE', (type) => type],
  filters: [
    ['', () => true],
    ['filter: { type: [HOST_AGENT, MYSQLD_EXPORTER] }', (type) => ['HOST_AGENT', 'MYSQLD_EXPORTER'].includes(type)],
    ['filter: { disabled: true }', (_, { disabled }) => disabled === true],
    ['filter: { supervisorIds: ["ID"] }', (_, __, { supervisor }, id) => supervisor === id, 'agent'],
    ['filter: { runsOnNodeIds: ["ID"] }', (_, __, { runsOn }, id) => runsOn === id, 'node'],
    ['filter: { observedNodeIds: ["ID"] }', (_, __, { observedNode }, id) => observedNode === id, 'node'],
    ['filter: { observedServiceIds: ["ID"] }', (_, __, { observedService }, id) => observedService === id, 'service'],
    ['filter: { not: { labels: [{ name: "app" }] } }', (_, facts) => !hasLabel(facts, 'app')],
  ],
  nested: [
    ['agents', 'runsOn'],
    ['supervised', 'supervisor'],
    ['observers', 'observedNode'],
    ['agents', 'observedService'],
  ],
  nestsSettings: true,
};
