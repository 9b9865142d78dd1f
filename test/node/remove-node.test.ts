import { randomUUID } from 'node:crypto';
import { publicIdOf } from '../access/key-requests';
import { factsOf } from '../agent/agent-kinds';
import * as agents from '../agent/agent-requests';
import * as services from '../service/service-requests';
import { codes, dataOf, type Answer } from '../support/client';
import { enrol, issueToken, sync, tryToRegister } from '../support/enrol';
import { untilWaiting } from '../support/locks';
import { startServer, type TestServer } from '../support/server';
import { wholeRoll } from '../enrolment/roll';
import { add, KINDS, read } from './node-requests';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

const REMOVE = `mutation ($input: RemoveNodeInput!) {
  removeNode(input: $input) { nodeId removedServices removedAgents revokedApiKeys } }`;

const tryToRemove = (id: string, given: Record<string, unknown> = {}): Promise<Answer> =>
  server.editor(REMOVE, { input: { id, ...given } });

const remove = async (id: string, given: Record<string, unknown> = {}) =>
  dataOf(await tryToRemove(id, given)).removeNode;

/** A node with a host agent, the PostgreSQL that it found, and another service. */
async function populated() {
  const name = `host-${randomUUID()}`;
  const enrolled = await enrol(server.admin, { node: { name }, postgresql: { version: '16.4' } });
  const { id: serviceId } = await services.add(server.editor, 'mysql', { nodeId: enrolled.nodeId });
  return { ...enrolled, name, services: [enrolled.serviceId!, serviceId] };
}

test.each(KINDS)('a node of kind %s that nothing hangs on goes, with one audit row', async (kind) => {
  const node = await add(server.editor, kind);
  expect(await remove(node.id)).toEqual({ nodeId: node.id, removedServices: 0, removedAgents: 0, revokedApiKeys: 0 });
  expect(await read(server.viewer, node.id)).toBeNull();
  const rows = await server.database.query(
    `SELECT action, actor_name, target_name FROM audit_event WHERE target_id = $1 AND action = 'node.remove'`,
    [node.id],
  );
  expect(rows).toEqual([{ action: 'node.remove', actor_name: 'editor of the test', target_name: node.name }]);
  await add(server.editor, kind, { name: node.name });
});

test('dependants refuse the removal, counted by kind, and nothing is changed', async () => {
  const { nodeId } = await populated();
  const before = await wholeRoll(server.database);
  for (const dryRun of [false, true]) {
    const answer = await tryToRemove(nodeId, { dryRun });
    expect(answer.errors[0]).toMatchObject({
      message: 'This node has 2 services and 1 agent: remove them first, or give force.',
      extensions: { code: 'FAILED_PRECONDITION', dependants: { services: 2, agents: 1 } },
    });
  }
  expect(await wholeRoll(server.database)).toEqual(before);
});

const serviceOf = async (nodeId: string) => ({
  serviceId: (await services.add(server.editor, 'mysql', { nodeId })).id,
});
const itself = async (nodeId: string) => ({ nodeId });

test.each([
  ['one of its services', 'generic', 'mysqldExporter', serviceOf, { services: 1, agents: 2 }],
  ['the node', 'remoteRds', 'rdsExporter', itself, { services: 0, agents: 2 }],
] as const)(
  'agents that run elsewhere and observe %s refuse it, too',
  async (_, nodeKind, kind, placeOf, dependants) => {
    const { id } = await add(server.editor, nodeKind);
    const observed = await placeOf(id);
    for (const { supervisorId } of [await agents.addHost(server.editor), await agents.addHost(server.editor)])
      await agents.add(server.editor, kind, { supervisorId, ...observed, ...factsOf(kind).least });
    expect((await tryToRemove(id)).errors[0]!.extensions).toMatchObject({ code: 'FAILED_PRECONDITION', dependants });
    expect(await read(server.viewer, id)).not.toBeNull();
  },
);

test('a dry run by force tells what would go, and nothing does', async () => {
  const { nodeId, secret } = await populated();
  const before = await wholeRoll(server.database);
  expect(await remove(nodeId, { force: true, dryRun: true })).toEqual({
    nodeId,
    removedServices: 2,
    removedAgents: 1,
    revokedApiKeys: 1,
  });
  expect(await wholeRoll(server.database)).toEqual(before);
  expect(codes(await sync(server.as(secret)))).toEqual([]);
});

describe('by force', () => {
  test('its services, its host agent and that agent’s keys go with it, each with an audit row', async () => {
    const { nodeId, agentId, services: serviceIds } = await populated();
    expect(await remove(nodeId, { force: true })).toEqual({
      nodeId,
      removedServices: 2,
      removedAgents: 1,
      revokedApiKeys: 1,
    });
    const [left] = await server.database.query<{ count: string }>(
      `SELECT (SELECT count(*) FROM node WHERE id = $1) + (SELECT count(*) FROM agent WHERE id = $2)
         + (SELECT count(*) FROM liveness WHERE agent_id = $2) + (SELECT count(*) FROM service WHERE node_id = $1) AS count`,
      [nodeId, agentId],
    );
    expect(left!.count).toBe('0');
    const rows = await server.database.query<{ target_id: string }>(
      `SELECT target_id FROM audit_event WHERE action IN ('node.remove', 'service.remove', 'agent.remove')
         AND target_id = ANY ($1)`,
      [[nodeId, agentId, ...serviceIds]],
    );
    expect(new Set(rows.map(({ target_id }) => target_id))).toEqual(new Set([nodeId, agentId, ...serviceIds]));
  });

  test('the key of its agent is refused at once, told why, and outlives it in the list', async () => {
    const { nodeId, secret } = await populated();
    expect(codes(await sync(server.as(secret)))).toEqual([]);
    await remove(nodeId, { force: true });
    expect((await sync(server.as(secret))).errors[0]!.extensions).toMatchObject({
      code: 'UNAUTHENTICATED',
      reason: 'AGENT_REMOVED',
    });
    const { apiKeys } = dataOf(
      await server.admin(
        '{ apiKeys(filter: { role: [AGENT] }, first: 200) { nodes { publicId status agent { id } } } }',
      ),
    );
    expect(apiKeys.nodes).toContainEqual({ publicId: publicIdOf(secret), status: 'REVOKED', agent: null });
  });

  test('a sync that was under way is told that its agent is gone', async () => {
    const { nodeId, agentId, secret } = await populated();
    const holder = await server.database.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM liveness WHERE agent_id = $1 FOR UPDATE', [agentId]);
    const removal = remove(nodeId, { force: true });
    await untilWaiting(server.database, 1);
    const late = sync(server.as(secret));
    await untilWaiting(server.database, 2);
    await holder.query('COMMIT');
    await removal;
    expect((await late).errors[0]!.extensions).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'AGENT_REMOVED' });
  });

  test('a token that would replace it is revoked; its own gets no use back', async () => {
    const { secret: used } = await issueToken(server.admin);
    const name = `host-${randomUUID()}`;
    const { nodeId } = dataOf(await tryToRegister(server.anonymous, used, { node: { name } })).registerAgent;
    const replacing = await issueToken(server.admin, { replacesNodeId: nodeId });
    await remove(nodeId, { force: true });
    expect(codes(await tryToRegister(server.anonymous, replacing.secret, { node: { name } }))).toEqual([
      'TOKEN_REVOKED',
    ]);
    expect(codes(await tryToRegister(server.anonymous, used, { node: { name } }))).toEqual(['TOKEN_USED']);
  });

  test('a thousand dependants go in one transaction', async () => {
    const { id } = await add(server.editor, 'generic');
    await server.database.query(
      `INSERT INTO service (id, type, name, node_id) SELECT gen_random_uuid(), 'HAPROXY', 'many-' || n, $1
       FROM generate_series(1, 1000) AS n`,
      [id],
    );
    expect(await remove(id, { force: true })).toMatchObject({ removedServices: 1000 });
    const [told] = await server.database.query<{ count: string }>(
      `SELECT count(*) AS count FROM audit_event WHERE action = 'service.remove' AND target_name LIKE 'many-%'`,
    );
    expect(told!.count).toBe('1000');
  });
});

test('a service that is added while its node is removed finds no node, or goes with it', async () => {
  for (let round = 0; round < 20; round++) {
    const { id } = await add(server.editor, 'generic');
    const [removed, added] = await Promise.all([
      tryToRemove(id, { force: true }),
      services.tryToAdd(server.editor, 'haproxy', { nodeId: id }),
    ]);
    expect(codes(removed)).toEqual([]);
    const expected = removed.data.removeNode.removedServices === 1 ? [] : ['NOT_FOUND'];
    expect(codes(added)).toEqual(expected);
  }
});

test.each([randomUUID(), '', 'nonsense'])('there is no node %j', async (id) => {
  expect(codes(await tryToRemove(id, { force: true }))).toEqual(['NOT_FOUND']);
});
