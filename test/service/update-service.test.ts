import { randomUUID } from 'node:crypto';
import * as nodes from '../node/node-requests';
import { refusal } from '../node/node-requests';
import { codes } from '../support/client';
import { startServer, type TestServer } from '../support/server';
import { add, KINDS, REACHED, read, tryToUpdate, update, type ServiceKind } from './service-requests';

let server: TestServer;
let nodeId: string;
beforeAll(async () => {
  server = await startServer();
  nodeId = (await nodes.add(server.editor, 'generic')).id;
});
afterAll(() => server.stop());

const OWN: Record<string, unknown> = {
  address: 'a',
  port: 1,
  socket: '/s',
  databaseName: 'd',
  autoDiscoveryLimit: 1,
  group: 'g',
};
const ENDPOINT = ['address', 'port', 'socket'];
const HAS: Record<ServiceKind, string[]> = {
  mysql: ENDPOINT,
  mongodb: ENDPOINT,
  postgresql: [...ENDPOINT, 'databaseName', 'autoDiscoveryLimit'],
  valkey: ENDPOINT,
  proxysql: ENDPOINT,
  haproxy: [],
  external: ['group'],
};

describe.each(KINDS)('a service of kind %s', (kind) => {
  test('takes each fact that it is given, and keeps what is absent', async () => {
    const service = await add(server.editor, kind, { nodeId, cluster: 'c', labels: [{ name: 'l', value: '1' }] });
    const given = { name: `${service.name} anew`, environment: 'test', labels: [{ name: 'm', value: '2' }] };
    const { service: after, changes } = await update(server.editor, service.id, given);
    expect(after).toMatchObject({ ...given, id: service.id, type: service.type, node: service.node, cluster: 'c' });
    expect(Date.parse(after.updatedAt)).toBeGreaterThan(Date.parse(service.updatedAt));
    expect(await read(server.viewer, service.id)).toEqual(after);
    expect(changes).toEqual([
      { field: 'name', before: service.name, after: given.name },
      { field: 'environment', before: null, after: 'test' },
      { field: 'labels', before: '{"l":"1"}', after: '{"m":"2"}' },
    ]);
    const rows = await server.database.query(
      `SELECT action, changes FROM audit_event WHERE target_id = $1 AND action <> 'service.add'`,
      [service.id],
    );
    expect(rows).toEqual([{ action: 'service.update', changes }]);
  });

  test('loses what is cleared by null', async () => {
    const facts = { environment: 'e', cluster: 'c', replicationSet: 'r', labels: [{ name: 'l', value: '1' }] };
    const { id } = await add(server.editor, kind, { nodeId, ...facts });
    const nothing = { environment: null, cluster: null, replicationSet: null, labels: null };
    const { service: after } = await update(server.editor, id, nothing);
    expect(after).toMatchObject({ ...nothing, labels: [] });
  });

  test('keeps its name: null is refused', async () => {
    const { id } = await add(server.editor, kind, { nodeId });
    const answer = await tryToUpdate(server.editor, id, { name: null });
    expect(refusal(answer)).toEqual({ code: 'BAD_USER_INPUT', paths: ['input.name'] });
  });

  test('is CONFLICT with the name of another, and stays as it is', async () => {
    const [service, other] = [
      await add(server.editor, kind, { nodeId }),
      await add(server.editor, 'haproxy', { nodeId }),
    ];
    const answer = await tryToUpdate(server.editor, service.id, { cluster: 'x', name: other.name.toUpperCase() });
    expect(refusal(answer)).toEqual({ code: 'CONFLICT', paths: ['input.name'] });
    expect(await read(server.editor, service.id)).toEqual(service);
  });

  const foreign = Object.keys(OWN).filter((field) => !HAS[kind].includes(field));
  test.each(foreign)('has no %s, and is given none', async (field) => {
    const { id } = await add(server.editor, kind, { nodeId });
    for (const value of [OWN[field], null])
      expect(refusal(await tryToUpdate(server.editor, id, { [field]: value }))).toEqual({
        code: 'BAD_USER_INPUT',
        paths: [`input.${field}`],
      });
  });
});

describe.each(REACHED)('how a service of kind %s is reached', (kind) => {
  test('may change from an address and a port to a socket, and back', async () => {
    const service = await add(server.editor, kind, { nodeId });
    const socket = { address: null, port: null, socket: '/run/db.sock' };
    expect((await update(server.editor, service.id, socket)).service).toMatchObject(socket);
    const place = { address: 'db', port: 5432, socket: null };
    expect((await update(server.editor, service.id, place)).service).toMatchObject(place);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['a socket beside the address', { socket: '/s' }, 'socket'],
    ['no port', { port: null }, 'port'],
    ['no address', { address: null }, 'address'],
    ['nothing', { address: null, port: null }, 'address'],
    ['the port 0', { port: 0 }, 'port'],
  ])('does not become %s', async (_, given, field) => {
    const service = await add(server.editor, kind, { nodeId });
    expect(refusal(await tryToUpdate(server.editor, service.id, given))).toEqual({
      code: 'BAD_USER_INPUT',
      paths: [`input.${field}`],
    });
    expect(await read(server.editor, service.id)).toEqual(service);
  });
});

test.each([
  ['postgresql', 'databaseName'],
  ['external', 'group'],
] as const)('a service of kind %s keeps a %s: null and nothing are refused', async (kind, field) => {
  const { id } = await add(server.editor, kind, { nodeId });
  for (const value of [null, ''])
    expect(refusal(await tryToUpdate(server.editor, id, { [field]: value }))).toEqual({
      code: 'BAD_USER_INPUT',
      paths: [`input.${field}`],
    });
  expect((await update(server.editor, id, { [field]: 'other' })).service).toMatchObject({ [field]: 'other' });
});

test('an update that changes nothing leaves updatedAt alone; a stale one is CONFLICT; a dry run stores nothing', async () => {
  const service = await add(server.editor, 'mysql', { nodeId });
  expect(await update(server.editor, service.id, { name: service.name, cluster: null })).toEqual({
    service,
    changes: [],
  });
  const dry = await update(server.editor, service.id, { cluster: 'c', dryRun: true });
  expect(dry.changes).toEqual([{ field: 'cluster', before: null, after: 'c' }]);
  expect(await read(server.editor, service.id)).toEqual(service);
  await update(server.editor, service.id, { cluster: 'c', expectedUpdatedAt: service.updatedAt });
  const stale = await tryToUpdate(server.editor, service.id, { cluster: 'd', expectedUpdatedAt: service.updatedAt });
  expect(codes(stale)).toEqual(['CONFLICT']);
});

test.each([randomUUID(), '', 'nonsense'])('there is no service %j', async (id) => {
  expect(codes(await tryToUpdate(server.editor, id, { cluster: 'c' }))).toEqual(['NOT_FOUND']);
});
