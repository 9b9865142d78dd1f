import { randomUUID } from 'node:crypto';
import * as nodes from '../node/node-requests';
import { refusal } from '../node/node-requests';
import { codes, dataOf } from '../support/client';
import { startServer, type TestServer } from '../support/server';
import { add, AT, KINDS, REACHED, read, tryToAdd, type ServiceKind } from './service-requests';

let server: TestServer;
let nodeId: string;
beforeAll(async () => {
  server = await startServer();
  nodeId = (await nodes.add(server.editor, 'generic')).id;
});
afterAll(() => server.stop());

const COMMON = {
  environment: 'production',
  cluster: 'orders',
  replicationSet: 'rs0',
  labels: [{ name: 'team', value: 'core' }],
};

const TYPES: Record<ServiceKind, [type: string, typename: string]> = {
  mysql: ['MYSQL', 'MySqlService'],
  mongodb: ['MONGODB', 'MongoDbService'],
  postgresql: ['POSTGRESQL', 'PostgreSqlService'],
  valkey: ['VALKEY', 'ValkeyService'],
  proxysql: ['PROXYSQL', 'ProxySqlService'],
  haproxy: ['HAPROXY', 'HaProxyService'],
  external: ['EXTERNAL', 'ExternalService'],
};

/** Letters of four bytes, in an order that does not compress: the index that holds a name twice must have room for it. */
function letters(count: number, from: number): string {
  const points = Array.from(
    { length: count },
    (_, index) => 0x2_00_00 + ((from + index * 7919 + index * index * 31) % 20_000),
  );
  return String.fromCodePoint(...points);
}

describe.each(KINDS)('a service of kind %s', (kind) => {
  test('is kept with all that was said of it, and read back as it was answered', async () => {
    const [type, typename] = TYPES[kind];
    const service = await add(server.editor, kind, { nodeId, ...COMMON });
    expect(service).toMatchObject({ __typename: typename, type, node: { id: nodeId }, version: null, ...COMMON });
    expect(await read(server.viewer, service.id)).toEqual(service);
  });

  test.each<[string, unknown, string?]>([
    ['name', ''],
    ['name', 'n'.repeat(301)],
    ['name', 'a\u202Eb'],
    ['name', 'a\nb'],
    ['environment', ''],
    ['cluster', 'c'.repeat(257)],
    ['replicationSet', '\u0000'],
    ['labels', [{ name: '1a', value: '' }], 'labels.0'],
    ['labels', [{ name: 'cluster', value: '' }], 'labels.0'],
  ])('is refused with the %s %j', async (field, value, place = field) => {
    const answer = await tryToAdd(server.editor, kind, { nodeId, [field]: value });
    expect(refusal(answer)).toEqual({ code: 'BAD_USER_INPUT', paths: [`input.${kind}.${place}`] });
  });

  test.each([
    ['with spaces, in any script', `${kind} 🐘 `.padEnd(300, 'x').slice(0, 300)],
    ['that are all of the widest', letters(300, KINDS.indexOf(kind))],
  ])('may have a name of 300 characters %s', async (_, name) => {
    const service = await add(server.editor, kind, { nodeId, name });
    expect(service.name).toBe(name);
  });

  test('of a name that is taken is CONFLICT, in any case and of whatever kind the other is', async () => {
    const { name } = await add(server.editor, 'haproxy', { nodeId });
    const answer = await tryToAdd(server.editor, kind, { nodeId, name: name.toUpperCase() });
    expect(refusal(answer)).toEqual({ code: 'CONFLICT', paths: [`input.${kind}.name`] });
  });

  test.each([randomUUID(), '', 'nonsense'])('on the node %j, which there is not, is NOT_FOUND', async (unknown) => {
    expect(codes(await tryToAdd(server.editor, kind, { nodeId: unknown }))).toEqual(['NOT_FOUND']);
  });

  test.each(nodes.KINDS)('may run on a node of kind %s', async (nodeKind) => {
    const node = await nodes.add(server.editor, nodeKind);
    expect((await add(server.editor, kind, { nodeId: node.id })).node.id).toBe(node.id);
  });
});

describe.each(REACHED)('how a service of kind %s is reached', (kind) => {
  test.each([
    ['an address and a port', AT],
    ['a socket', { address: undefined, port: undefined, socket: '/run/db.sock' }],
    ['an address and the port 1', { ...AT, port: 1 }],
    ['an address and the port 65535', { ...AT, port: 65_535 }],
  ])('is by %s', async (_, endpoint) => {
    const service = await add(server.editor, kind, { nodeId, ...endpoint });
    const { address = null, port = null, socket = null } = endpoint as Record<string, unknown>;
    expect(service).toMatchObject({ address, port, socket });
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['nothing', { address: undefined, port: undefined }, 'address'],
    ['an address alone', { port: undefined }, 'port'],
    ['a port alone', { address: undefined }, 'address'],
    ['a socket and an address', { port: undefined, socket: '/s' }, 'socket'],
    ['a socket and a port', { address: undefined, socket: '/s' }, 'socket'],
    ['all three', { socket: '/s' }, 'socket'],
    ['the port 0', { port: 0 }, 'port'],
    ['the port 65536', { port: 65_536 }, 'port'],
    ['an empty address', { address: '' }, 'address'],
  ])('is not by %s', async (_, endpoint, field) => {
    const answer = await tryToAdd(server.editor, kind, { nodeId, ...endpoint });
    expect(refusal(answer)).toEqual({ code: 'BAD_USER_INPUT', paths: [`input.${kind}.${field}`] });
  });

  test('may be how another one is reached', async () => {
    const ids = [await add(server.editor, kind, { nodeId }), await add(server.editor, kind, { nodeId })];
    expect(ids.map(({ port }) => port)).toEqual([AT.port, AT.port]);
  });
});

describe('what a kind has of its own', () => {
  test.each([
    ['postgresql', {}, { databaseName: 'postgres', autoDiscoveryLimit: null }],
    ['postgresql', { databaseName: null }, { databaseName: 'postgres' }],
    [
      'postgresql',
      { databaseName: 'orders', autoDiscoveryLimit: 10 },
      { databaseName: 'orders', autoDiscoveryLimit: 10 },
    ],
    ['external', {}, { group: 'external' }],
    ['external', { group: null }, { group: 'external' }],
    ['external', { group: 'etcd' }, { group: 'etcd' }],
  ] as const)('of %s with %j is %j', async (kind, given, expected) => {
    expect(await add(server.editor, kind, { nodeId, ...given })).toMatchObject(expected);
  });

  test.each([
    ['postgresql', 'databaseName'],
    ['external', 'group'],
  ] as const)('of %s, %s is not empty', async (kind, field) => {
    const answer = await tryToAdd(server.editor, kind, { nodeId, [field]: '' });
    expect(refusal(answer)).toEqual({ code: 'BAD_USER_INPUT', paths: [`input.${kind}.${field}`] });
  });

  test.each([
    ['haproxy', 'address', 'a'],
    ['external', 'port', 1],
    ['mysql', 'group', 'g'],
    ['mongodb', 'databaseName', 'd'],
  ] as const)('%s has no %s', async (kind, field, value) => {
    expect(codes(await tryToAdd(server.editor, kind, { nodeId, [field]: value }))).toEqual(['BAD_USER_INPUT']);
  });
});

test('of ten that add a name at the same moment one succeeds, the others are CONFLICT', async () => {
  const input = { nodeId, name: 'raced' };
  const answers = await Promise.all(Array.from({ length: 10 }, () => tryToAdd(server.editor, 'mysql', input)));
  const told = answers.map((answer) => (codes(answer)[0] ?? 'added') as string).toSorted();
  expect(told).toEqual([...Array<string>(9).fill('CONFLICT'), 'added']);
});

test('it is one audit row, by whom, with what was said', async () => {
  const service = await add(server.editor, 'postgresql', { nodeId });
  const rows = await server.database.query('SELECT * FROM audit_event WHERE target_id = $1', [service.id]);
  expect(rows).toMatchObject([
    {
      action: 'service.add',
      outcome: 'SUCCEEDED',
      actor_name: 'editor of the test',
      target_name: service.name,
      changes: [
        { field: 'name', before: null, after: service.name },
        { field: 'node', before: null, after: nodeId },
        { field: 'address', before: null, after: AT.address },
        { field: 'port', before: null, after: String(AT.port) },
        { field: 'databaseName', before: null, after: 'postgres' },
      ],
    },
  ]);
});

test('external services are found by their group', async () => {
  const { id } = await add(server.editor, 'external', { nodeId, group: 'Memcached' });
  const query = 'query ($filter: ServiceFilter) { services(filter: $filter) { nodes { id } } }';
  for (const externalGroup of [{ eq: 'Memcached' }, { startsWith: 'memc' }, { contains: 'CACHE' }])
    expect(dataOf(await server.viewer(query, { filter: { externalGroup } })).services.nodes).toEqual([{ id }]);
});
