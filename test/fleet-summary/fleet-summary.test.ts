import * as nodes from '../node/node-requests';
import * as services from '../service/service-requests';
import { dataOf } from '../support/client';
import { enrol, sync } from '../support/enrol';
import { statementsOf } from '../support/reader';
import { startServer, type TestServer } from '../support/server';

let server: TestServer;
beforeEach(async () => (server = await startServer()));
afterEach(() => server.stop());

const SUMMARY = `{ fleetSummary { asOf nodes nodesActive nodesInactive nodesUnknown services agents nodesByType { type count }
  servicesByType { type count } agentsByType { type count } nodesByEnvironment { environment count } } }`;
const summary = async () => dataOf(await server.viewer(SUMMARY)).fleetSummary;

test('counts what there is, by kind, status and environment', async () => {
  const { secret } = await enrol(server.admin, { node: { name: 'heard', environment: 'b' } });
  await sync(server.as(secret));
  await enrol(server.admin, { node: { name: 'silent', environment: 'a' }, postgresql: { version: '16.4' } });
  const { id: nodeId } = await nodes.add(server.editor, 'remote', { environment: 'b' });
  await nodes.add(server.editor, 'remoteRds');
  await services.add(server.editor, 'mysql', { nodeId });
  expect(await summary()).toEqual({
    asOf: expect.any(String),
    nodes: 4,
    nodesActive: 1,
    nodesInactive: 1,
    nodesUnknown: 2,
    services: 2,
    agents: 2,
    nodesByType: [
      { type: 'GENERIC', count: 2 },
      { type: 'REMOTE', count: 1 },
      { type: 'REMOTE_RDS', count: 1 },
    ],
    servicesByType: [
      { type: 'MYSQL', count: 1 },
      { type: 'POSTGRESQL', count: 1 },
    ],
    agentsByType: [{ type: 'HOST_AGENT', count: 2 }],
    nodesByEnvironment: [
      { environment: 'b', count: 2 },
      { environment: 'a', count: 1 },
      { environment: null, count: 1 },
    ],
  });
});

test('of an empty roll is zero', async () => {
  expect(await summary()).toMatchObject({ nodes: 0, nodesUnknown: 0, services: 0, agents: 0, nodesByType: [] });
});

test('tells the 20 environments with the most nodes', async () => {
  for (let index = 0; index < 25; index++) await nodes.add(server.editor, 'generic', { environment: `e${index}` });
  await nodes.add(server.editor, 'generic', { environment: 'e24' });
  const { nodesByEnvironment } = await summary();
  expect(nodesByEnvironment).toHaveLength(20);
  expect(nodesByEnvironment[0]).toEqual({ environment: 'e24', count: 2 });
});

test('is counted once for all who ask within five seconds', async () => {
  const counts = await statementsOf(server.database, async () => {
    await Promise.all(Array.from({ length: 20 }, summary));
    await summary();
  });
  expect(counts.filter((statement) => statement.includes('nodesByType'))).toHaveLength(1);
});

test('the kinds of services in use are told each once, and no others', async () => {
  const query = '{ serviceTypesInUse }';
  expect(dataOf(await server.viewer(query)).serviceTypesInUse).toEqual([]);
  const { id: nodeId } = await nodes.add(server.editor, 'generic');
  for (const kind of ['external', 'mysql', 'mysql', 'haproxy'] as const)
    await services.add(server.editor, kind, { nodeId });
  expect(dataOf(await server.viewer(query)).serviceTypesInUse).toEqual(['MYSQL', 'HAPROXY', 'EXTERNAL']);
});
