import { randomUUID } from 'node:crypto';
import * as nodes from '../node/node-requests';
import { codes, dataOf } from '../support/client';
import { enrol, tryToRegister } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { add, KINDS, read } from './service-requests';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

const REMOVE = 'mutation ($input: RemoveServiceInput!) { removeService(input: $input) { serviceId removedAgents } }';
const tryToRemove = (id: string, given: Record<string, unknown> = {}) =>
  server.editor(REMOVE, { input: { id, ...given } });

test.each(KINDS)('a service of kind %s goes; its node stays, and its name is free again', async (kind) => {
  const node = await nodes.add(server.editor, 'generic');
  const service = await add(server.editor, kind, { nodeId: node.id });
  expect(dataOf(await tryToRemove(service.id)).removeService).toEqual({ serviceId: service.id, removedAgents: 0 });
  expect(await read(server.viewer, service.id)).toBeNull();
  expect(await nodes.read(server.viewer, node.id)).toEqual(node);
  await add(server.editor, kind, { nodeId: node.id, name: service.name });
  const rows = await server.database.query(
    `SELECT action, target_name FROM audit_event WHERE target_id = $1 AND action = 'service.remove'`,
    [service.id],
  );
  expect(rows).toEqual([{ action: 'service.remove', target_name: service.name }]);
});

test('a managed instance stays on the roll when its last service goes', async () => {
  const node = await nodes.add(server.editor, 'remoteRds');
  const service = await add(server.editor, 'mysql', { nodeId: node.id });
  dataOf(await tryToRemove(service.id, { force: true }));
  expect(await nodes.read(server.viewer, node.id)).toEqual(node);
});

test('a service that an agent found at its enrolment goes, too, and a retry of that enrolment is answered without it', async () => {
  const registrationId = randomUUID();
  const input = { registrationId, node: { name: `host-${randomUUID()}` }, postgresql: { version: '16.4' } };
  const issued = await server.admin('mutation { issueRegistrationToken(input: {}) { secret } }');
  const { secret } = dataOf(issued).issueRegistrationToken;
  const first = dataOf(await tryToRegister(server.anonymous, secret, input)).registerAgent;
  dataOf(await tryToRemove(first.serviceId));
  const again = dataOf(await tryToRegister(server.anonymous, secret, input)).registerAgent;
  expect(again).toMatchObject({ agentId: first.agentId, serviceId: null });
});

test('a dry run removes nothing', async () => {
  const { serviceId } = await enrol(server.admin, { postgresql: { version: '16.4' } });
  expect(dataOf(await tryToRemove(serviceId!, { dryRun: true })).removeService.removedAgents).toBe(0);
  expect(await read(server.viewer, serviceId!)).not.toBeNull();
});

test.each([randomUUID(), '', 'nonsense'])('there is no service %j', async (id) => {
  expect(codes(await tryToRemove(id))).toEqual(['NOT_FOUND']);
});
