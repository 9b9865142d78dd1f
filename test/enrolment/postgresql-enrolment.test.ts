import { codes, dataOf } from '../support/client';
import { enrol, issueToken, register, tryToRegister } from '../support/enrol';
import { makeService } from '../support/inventory';
import { startServer, type TestServer } from '../support/server';
import { readNode, wholeRoll } from './roll';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

async function serviceOf(name: string, postgresql: Record<string, unknown>) {
  const enrolled = await enrol(server.admin, { node: { name }, postgresql });
  const { services } = await readNode(server.viewer, enrolled.nodeId);
  expect(services.nodes).toMatchObject([{ id: enrolled.serviceId }]);
  return services.nodes[0];
}

describe('the PostgreSQL server that an agent found', () => {
  test('is a service named after the node, on 127.0.0.1:5432, unless the agent says otherwise', async () => {
    expect(await serviceOf('Plain-01', { version: '16.4' })).toEqual({
      id: expect.any(String),
      type: 'POSTGRESQL',
      name: 'Plain-01-postgresql',
      version: '16.4',
      address: '127.0.0.1',
      port: 5432,
      socket: null,
      cluster: null,
      replicationSet: null,
      labels: [],
    });
  });

  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['an address only', { address: 'db.example.com' }, { address: 'db.example.com', port: 5432, socket: null }],
    ['a port only', { port: 6432 }, { address: '127.0.0.1', port: 6432, socket: null }],
    ['address and port', { address: '::1', port: 65_535 }, { address: '::1', port: 65_535, socket: null }],
    ['a socket', { socket: '/run/postgresql' }, { address: null, port: null, socket: '/run/postgresql' }],
    ['null for all of them', { address: null, port: null, socket: null }, { address: '127.0.0.1', port: 5432 }],
  ])('is reached as it says: %s', async (what, given, endpoint) => {
    const name = `reached-by-${what.replaceAll(/\W+/g, '-')}`;
    expect(await serviceOf(name, { version: '17', ...given })).toMatchObject(endpoint);
  });

  test('has the name, cluster and replication set that the agent gives', async () => {
    const facts = { name: 'orders, primary', cluster: 'orders', replicationSet: 'rs0' };
    expect(await serviceOf('named-01', { version: '17', ...facts })).toMatchObject(facts);
  });
});

test('a service of that name on the node that is no PostgreSQL is CONFLICT, and stays as it is', async () => {
  const nodeName = 'mixed-01';
  const { nodeId } = await enrol(server.admin, { node: { name: nodeName } });
  await makeService(server.database, nodeId, { type: 'MYSQL', name: `${nodeName}-postgresql` });
  const { secret } = await issueToken(server.admin, { replacesNodeId: nodeId });
  const before = await wholeRoll(server.database);
  const answer = await tryToRegister(server.anonymous, secret, {
    node: { name: nodeName },
    postgresql: { version: '17' },
  });
  expect(codes(answer)).toEqual(['CONFLICT']);
  expect(await wholeRoll(server.database)).toEqual(before);
});

describe('a service name that is on another node', () => {
  test.each([
    ['given', 'SHARED ÄPFEL', 'Shared äpfel'],
    ['made from the name of the node', 'heir-01-PostgreSQL', null],
  ])('is CONFLICT regardless of case when it is %s, and the token stays usable', async (_, taken, name) => {
    await enrol(server.admin, { postgresql: { version: '16', name: taken } });
    const { secret } = await issueToken(server.admin);
    const before = await wholeRoll(server.database);
    const answer = await tryToRegister(server.anonymous, secret, {
      node: { name: 'heir-01' },
      postgresql: { version: '17', name },
    });
    expect(codes(answer)).toEqual(['CONFLICT']);
    expect(answer.errors[0]!.message).toContain('Give the PostgreSQL service another name');
    expect(await wholeRoll(server.database)).toEqual(before);
    expect((await register(server.anonymous, secret)).serviceId).toBe(null);
  });

  test('is CONFLICT for one of two that come at once', async () => {
    const tokens = [await issueToken(server.admin), await issueToken(server.admin)];
    const answers = await Promise.all(
      tokens.map(({ secret }) =>
        tryToRegister(server.anonymous, secret, { postgresql: { version: '17', name: 'at once' } }),
      ),
    );
    expect(answers.flatMap(codes)).toEqual(['CONFLICT']);
  });
});

describe('a service that the node has already', () => {
  test('keeps all but its version when the node is enrolled afresh', async () => {
    const node = { name: 'again-01' };
    const facts = { name: 'Orders', address: '10.0.0.7', port: 6000, cluster: 'orders', replicationSet: 'rs0' };
    const first = await enrol(server.admin, { node, postgresql: { ...facts, version: '16' } });
    const kept = (await readNode(server.viewer, first.nodeId)).services.nodes[0];
    const { secret } = await issueToken(server.admin, { replacesNodeId: first.nodeId });
    const other = { name: 'ORDERS', socket: '/tmp', cluster: 'other', replicationSet: 'rs9', version: '17' };
    const second = await register(server.anonymous, secret, { node, postgresql: other });
    expect(second.serviceId).toBe(first.serviceId);
    expect((await readNode(server.viewer, first.nodeId)).services.nodes).toEqual([{ ...kept, version: '17' }]);
  });

  test('is joined by another when the agent found another', async () => {
    const node = { name: 'two-01' };
    const first = await enrol(server.admin, { node, postgresql: { version: '16' } });
    const { secret } = await issueToken(server.admin, { replacesNodeId: first.nodeId });
    const second = await register(server.anonymous, secret, { node, postgresql: { version: '17', name: 'second' } });
    const { services } = dataOf(
      await server.viewer(`{ node(by: { id: "${first.nodeId}" }) { services { nodes { id version } } } }`),
    ).node;
    expect(services.nodes).toHaveLength(2);
    expect(services.nodes).toEqual(
      expect.arrayContaining([
        { id: first.serviceId, version: '16' },
        { id: second.serviceId, version: '17' },
      ]),
    );
  });
});
