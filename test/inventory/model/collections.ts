import { KINDS as NODE_KINDS, type NodeKind } from '../../node/node-requests';
import { KINDS as SERVICE_KINDS, REACHED, type ServiceKind } from '../../service/service-requests';

/** What a field is tried with: values that pass by themselves, and some that do not, with the place of the fault below the field. */
export interface Field {
  good: readonly unknown[];
  bad?: readonly (readonly [value: unknown, place: string])[];
  /** Additions must have it, or have it mostly, since little passes without. */
  added?: 'required' | 'mostly';
  /** An update cannot clear it. */
  kept?: true;
  /** What it is when nothing is said. */
  fallback?: unknown;
}

export type Facts = Record<string, unknown>;

export interface Kind {
  type: string;
  typename: string;
  /** All of its fields, own ones included. */
  fields: Record<string, Field>;
  /** Which fields are at fault for what others are. */
  rule: (facts: Facts) => string[];
}

/** One kind of objects on the roll, as a table: what it is made of, what must be unique, and what it is asked for by. */
export interface Collection {
  noun: 'node' | 'service';
  kinds: Record<string, Kind>;
  /** A field that is refused when another has the same key; null: none. */
  unique: readonly (readonly [field: string, key: (type: string, facts: Facts) => string | null])[];
  /** Changes of several fields that belong together, for random updates to meet them. */
  together: readonly Facts[];
  /** Arguments of its list, and what they leave. */
  filters: readonly (readonly [argument: string, holds: (type: string, facts: Facts) => boolean])[];
}

const NOTHING = ['', ''] as const;

const text = (...good: unknown[]): Field => ({ good, bad: [NOTHING] });

const LABELS: Field = {
  good: [
    [],
    [{ name: 'team', value: 'core' }],
    [
      { name: 'team', value: 'x' },
      { name: 'app', value: 'shop' },
    ],
  ],
  bad: [[[{ name: 'job', value: 'x' }], '.0']],
  fallback: [],
};

const lower = (value: unknown) => (value as string).toLowerCase();
const hasLabel = (facts: Facts, name: string) =>
  (facts['labels'] as { name: string }[]).some((label) => label.name === name);

const kept = (good: unknown[], bad: Field['bad'] = [NOTHING]): Field => ({ good, bad, added: 'required', kept: true });

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

const none = () => [];

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
  address: { ...text('here', 'there'), added: 'mostly' },
  port: {
    good: [1, 65_535],
    bad: [
      [0, ''],
      [65_536, ''],
    ],
    added: 'mostly',
  },
  socket: text(null, null, '/run/socket'),
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
    databaseName: { ...text('app'), kept: true, fallback: 'postgres' },
    autoDiscoveryLimit: { good: [-1, 0, 10] },
  },
  external: { group: { ...text('etcd'), kept: true, fallback: 'external' } },
};

const SERVICES: Collection = {
  noun: 'service',
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

export const COLLECTIONS = [NODES, SERVICES] as const;

/** Every field that some kind of a collection has. */
export function fieldsOf({ kinds }: Collection): Record<string, Field> {
  return Object.assign({}, ...Object.values(kinds).map(({ fields }) => fields)) as Record<string, Field>;
}

/** A collection's fields that not every kind has. */
export function typeFieldsOf(collection: Collection): string[] {
  const kinds = Object.values(collection.kinds);
  return Object.keys(fieldsOf(collection)).filter((field) => kinds.some(({ fields }) => !(field in fields)));
}
