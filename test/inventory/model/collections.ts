import { KINDS as NODE_KINDS, type NodeKind } from '../../node/node-requests';
import { KINDS as SERVICE_KINDS, REACHED, type ServiceKind } from '../../service/service-requests';
import { AGENTS } from './agents';
import {
  hasLabel,
  kept,
  LABELS,
  lower,
  none,
  NOTHING,
  text,
  type Collection,
  type Facts,
  type Field,
  type Kind,
} from './collection';

const NODE_FIELDS = {
  name: kept(['a', 'A', 'b', 'B-2', 'b-2', 'c.3', 'd_4', 'E', 'f', 'G7', 'h', 'I', '0'], [NOTHING, ['-a', '']]),
  address: kept(['alpha', 'beta', 'a.b']),
  region: text('eu', 'us'),
  zone: text('z'),
  environment: text('prod', 'test'),
  tags: { good: [[], ['x'], ['x', 'y'], ['y', 'x', 'y']], bad: [[[''], '.0']], fallback: [] } as Field,
  labels: LABELS,
};

/** A managed instance has a region, always. */
const REGION: Field = { good: ['eu', 'us'], bad: [NOTHING, [null, '']], added: 'required' };

const NODE_OWN: Record<NodeKind, [type: string, typename: string, own: Record<string, Field>, rule?: Kind['rule']]> = {
  generic: ['GENERIC', 'GenericNode', { machineId: text('m1', 'm2'), distro: text('Debian') }],
  container: [
    'CONTAINER',
    'ContainerNode',
    { machineId: text('m1', 'm2'), containerId: text('c1', 'c2'), containerName: text('web', null) },
    ({ containerId, containerName }) => (containerName !== null && containerId === null ? ['containerName'] : []),
  ],
  remote: ['REMOTE', 'RemoteNode', {}],
  remoteRds: [
    'REMOTE_RDS',
    'RemoteRdsNode',
    { region: REGION, address: kept(['alpha', 'beta'], [NOTHING, ['a.b', '']]), instanceId: text('i1') },
  ],
  remoteAzureDatabase: ['REMOTE_AZURE_DATABASE', 'RemoteAzureDatabaseNode', { region: REGION }],
};

const place = (of: string) => (type: string, facts: Facts) =>
  type === of ? JSON.stringify([facts['address'], facts['region']]) : null;

const NODES: Collection = {
  noun: 'node',
  links: {},
  nested: [],
  order: ['NAME', (_, { name }) => lower(name)],
  kinds: Object.fromEntries(
    NODE_KINDS.map((kind) => {
      const [type, typename, own, rule = none] = NODE_OWN[kind];
      return [kind, { type, typename, fields: { ...NODE_FIELDS, ...own }, rule }];
    }),
  ),
  unique: [
    ['name', (_, { name }) => lower(name)],
    ['containerId', (_, { containerId = null }) => containerId as string | null],
    ['address', place('REMOTE_RDS')],
    ['address', place('REMOTE_AZURE_DATABASE')],
  ],
  together: [{ containerId: null, containerName: null }],
  filters: [
    ['', () => true],
    ['filter: { type: [GENERIC, REMOTE_RDS] }', (type) => ['GENERIC', 'REMOTE_RDS'].includes(type)],
    ['filter: { name: { startsWith: "B-" } }', (_, { name }) => lower(name).startsWith('b-')],
    ['filter: { environment: { eq: "prod" } }', (_, { environment }) => environment === 'prod'],
    ['filter: { not: { region: { in: ["eu"] } } }', (_, { region }) => region !== 'eu'],
    ['filter: { tags: ["y"] }', (_, { tags }) => (tags as string[]).includes('y')],
    ['filter: { labels: [{ name: "app" }] }', (_, facts) => hasLabel(facts, 'app')],
  ],
};

const ENDPOINT: Record<string, Field> = {
  address: { ...text('here', 'there'), added: 'mostly', guards: true },
  port: {
    guards: true,
    good: [1, 65_535],
    bad: [
      [0, ''],
      [65_536, ''],
    ],
    added: 'mostly',
  },
  socket: { ...text(null, null, '/run/socket'), guards: true },
};

/** Exactly one of address and port, or socket. */
function endpointRule({ address, port, socket }: Facts): string[] {
  if (socket !== null) return address !== null || port !== null ? ['socket'] : [];
  return address === null ? ['address'] : port === null ? ['port'] : [];
}

const SERVICE_FIELDS = {
  name: kept(['a', 'A', 'b b', 'B B', 'c"', 'd%', 'e_', 'F', 'g', 'H', '{i}', '0']),
  environment: text('prod', 'test'),
  cluster: text('orders'),
  replicationSet: text('rs0'),
  labels: LABELS,
};

const TYPENAMES: Record<ServiceKind, string> = {
  mysql: 'MySqlService',
  mongodb: 'MongoDbService',
  postgresql: 'PostgreSqlService',
  valkey: 'ValkeyService',
  proxysql: 'ProxySqlService',
  haproxy: 'HaProxyService',
  external: 'ExternalService',
};

const SERVICE_OWN: Partial<Record<ServiceKind, Record<string, Field>>> = {
  postgresql: {
    databaseName: { ...text('app'), kept: true, fallback: 'postgres', guards: true },
    autoDiscoveryLimit: { good: [-1, 0, 10] },
  },
  external: { group: { ...text('etcd'), kept: true, fallback: 'external' } },
};

const SERVICES: Collection = {
  noun: 'service',
  links: { node: 'node' },
  nested: [['services', 'node']],
  order: ['NAME', (_, { name }) => lower(name)],
  kinds: Object.fromEntries(
    SERVICE_KINDS.map((kind) => {
      const isReached = (REACHED as readonly string[]).includes(kind);
      const fields = { ...SERVICE_FIELDS, ...(isReached && ENDPOINT), ...SERVICE_OWN[kind] };
      const rule = isReached ? endpointRule : none;
      return [kind, { type: kind.toUpperCase(), typename: TYPENAMES[kind], fields, rule }];
    }),
  ),
  unique: [['name', (_, { name }) => lower(name)]],
  together: [
    { address: null, port: null, socket: '/run/socket' },
    { address: 'here', port: 1, socket: null },
    { databaseName: 'app' },
    { address: 'there', port: 65_535, socket: null },
  ],
  filters: [
    ['', () => true],
    ['filter: { type: [EXTERNAL, MYSQL] }', (type) => ['EXTERNAL', 'MYSQL'].includes(type)],
    ['filter: { name: { startsWith: "B " } }', (_, { name }) => lower(name).startsWith('b ')],
    ['filter: { cluster: { eq: "orders" } }', (_, { cluster }) => cluster === 'orders'],
    ['filter: { externalGroup: { eq: "external" } }', (_, { group }) => group === 'external'],
    ['filter: { labels: [{ name: "app" }] }', (_, facts) => hasLabel(facts, 'app')],
  ],
};

export const COLLECTIONS = [NODES, SERVICES, AGENTS] as const;

export const COLLECTION = { node: NODES, service: SERVICES, agent: AGENTS };

/** A collection's fields that not every kind has. */
export function typeFieldsOf(collection: Collection): string[] {
  const kinds = Object.values(collection.kinds);
  const all = new Set(kinds.flatMap(({ fields }) => Object.keys(fields)));
  return [...all].filter((field) => kinds.some(({ fields }) => !(field in fields)));
}
