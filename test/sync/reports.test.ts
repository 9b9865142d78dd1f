import { randomUUID } from 'node:crypto';
import { codes, dataOf, type GraphQLClient } from '../support/client';
import { enrol, sync } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { setHearing } from './hearing';
import { KIND_NAMES } from '../agent/agent-kinds';
import { addOf, update, type Host } from '../agent/agent-requests';

let server: TestServer;
let host: Host & { client: GraphQLClient };
beforeAll(async () => {
  server = await startServer();
  // As if it had listened for ever: silence counts only since then.
  await setHearing(server.database, { until: 0 });
  host = await aHost();
});
afterAll(() => server.stop());

async function aHost() {
  const { agentId, nodeId, secret } = await enrol(server.admin);
  // Of so many generations that there are older ones.
  await server.database.query('UPDATE agent SET generation = 1000 WHERE id = $1', [agentId]);
  return { nodeId, supervisorId: agentId, nodeName: '', client: server.as(secret) };
}

const exporter = (of: Host = host) => addOf(server.editor, 'nodeExporter', of);

const READ = `query ($id: ID!) { agent(id: $id) { status statusReason listenPort version updatedAt } }`;
const read = async (id: string) => dataOf(await server.viewer(READ, { id })).agent;

/** What is reported, by the host itself unless said, of a generation that is newer than all. */
const report = async (statuses: object[], { client = host.client, generation = 1_000 } = {}) =>
  dataOf(await sync(client, { generation, statuses })).syncAgent;

const FOUND = `query ($id: ID!, $status: AgentStatus!) { agents(filter: { ids: [$id], status: [$status] }) { totalCount } }`;
const isFoundAs = async (id: string, status: string) =>
  dataOf(await server.viewer(FOUND, { id, status })).agents.totalCount === 1;

test('of an agent nothing is known until its host agent has reported', async () => {
  const { id } = await exporter();
  expect(await read(id)).toMatchObject({ status: 'UNKNOWN', statusReason: null, listenPort: null, version: null });
});

test.each(KIND_NAMES.filter((kind) => kind !== 'externalExporter'))(
  'what is reported of %s is shown, and found',
  async (kind) => {
    const { id, updatedAt } = await addOf(server.editor, kind, host);
    await report([{ agentId: id, status: 'RUNNING', listenPort: 42_001, version: '1.8.1' }]);
    expect(await read(id)).toEqual({
      status: 'RUNNING',
      statusReason: null,
      listenPort: 42_001,
      version: '1.8.1',
      updatedAt,
    });
    expect([await isFoundAs(id, 'RUNNING'), await isFoundAs(id, 'UNKNOWN')]).toEqual([true, false]);
  },
);

test.each(['STARTING', 'RUNNING', 'WAITING', 'STOPPING', 'DONE'])(
  '%s is shown as it is reported, with its reason',
  async (status) => {
    const { id } = await exporter();
    await report([{ agentId: id, status, reason: 'as it is' }]);
    expect(await read(id)).toMatchObject({ status, statusReason: 'as it is', listenPort: null });
  },
);

test('the next report takes the place of the last; a version that is not told stays', async () => {
  const { id } = await exporter();
  await report([{ agentId: id, status: 'WAITING', reason: 'port in use', version: '1' }]);
  await report([{ agentId: id, status: 'RUNNING', listenPort: 9_100 }]);
  expect(await read(id)).toMatchObject({ status: 'RUNNING', statusReason: null, listenPort: 9_100, version: '1' });
});

test('of several reports of an agent in one sync the last counts', async () => {
  const { id } = await exporter();
  await report(['STARTING', 'WAITING', 'RUNNING'].map((status) => ({ agentId: id, status })));
  expect((await read(id)).status).toBe('RUNNING');
});

test('what an older generation reports overrides nothing newer', async () => {
  const { id } = await exporter();
  await report([{ agentId: id, status: 'RUNNING', listenPort: 1 }], { generation: 7 });
  await report([{ agentId: id, status: 'WAITING', reason: 'late' }], { generation: 6 });
  expect(await read(id)).toMatchObject({ status: 'RUNNING', statusReason: null, listenPort: 1 });
  await report([{ agentId: id, status: 'DONE' }], { generation: 7 });
  expect((await read(id)).status).toBe('DONE');
});

test('a generation that there is not yet is the current one: nothing that comes later is kept out by it', async () => {
  const { id } = await exporter();
  const { generation } = await report([{ agentId: id, status: 'WAITING' }], { generation: 2_147_483_647 });
  await report([{ agentId: id, status: 'RUNNING' }], { generation });
  expect((await read(id)).status).toBe('RUNNING');
});

test('what is reported counts while the host agent is heard of: then it is UNKNOWN, in its field and every filter', async () => {
  const own = await aHost();
  const { id } = await exporter(own);
  await report([{ agentId: id, status: 'RUNNING' }], own);
  expect((await read(id)).status).toBe('RUNNING');
  await server.database.query(
    `UPDATE liveness SET last_seen_at = last_seen_at - interval '1 hour' WHERE agent_id = $1`,
    [own.supervisorId],
  );
  expect((await read(id)).status).toBe('UNKNOWN');
  expect([await isFoundAs(id, 'RUNNING'), await isFoundAs(id, 'UNKNOWN')]).toEqual([false, true]);
  dataOf(await sync(own.client));
  expect((await read(id)).status).toBe('RUNNING');
});

test('one that is disabled is DONE, whatever was reported', async () => {
  const { id } = await exporter();
  await report([{ agentId: id, status: 'RUNNING' }]);
  await update(server.editor, id, { disabled: true });
  expect((await read(id)).status).toBe('DONE');
});

describe('is ignored, and the sync succeeds:', () => {
  test.each(['ACTIVE', 'INACTIVE', 'UNKNOWN'])('a report of %s', async (status) => {
    const { id } = await exporter();
    await report([
      { agentId: id, status },
      { agentId: id, status: 'RUNNING' },
      { agentId: id, status },
    ]);
    expect((await read(id)).status).toBe('RUNNING');
  });

  test('a report about an agent of another host, of none, or of itself', async () => {
    const other = await aHost();
    const [own, foreign] = [await exporter(), await exporter(other)];
    const external = await addOf(server.editor, 'externalExporter', host);
    const before = await Promise.all([foreign.id, external.id, host.supervisorId].map(read));
    const ids = [foreign.id, external.id, host.supervisorId, randomUUID(), 'nonsense', own.id];
    await report(ids.map((agentId) => ({ agentId, status: 'RUNNING', listenPort: 1, version: 'stolen', reason: 'x' })));
    expect(await Promise.all([foreign.id, external.id, host.supervisorId].map(read))).toEqual(before);
    expect((await read(own.id)).status).toBe('RUNNING');
  });

  test('a port that there is not, and what a reason or version may not hold is left out of it', async () => {
    const { id } = await exporter();
    for (const listenPort of [0, 65_536, -1]) {
      await report([
        { agentId: id, status: 'WAITING', listenPort, reason: 'a\u001b[31m\nb' + 'c'.repeat(1_000), version: 'v\n' },
      ]);
      const { statusReason, ...rest } = await read(id);
      expect(rest).toMatchObject({ status: 'WAITING', listenPort: null, version: 'v' });
      expect(statusReason).toMatch(/^a\[31m bc+$/);
      expect(statusReason).toHaveLength(500);
    }
  });

  test('a key in a reason is blanked', async () => {
    const { id } = await exporter();
    await report([{ agentId: id, status: 'WAITING', reason: `exporter said ${server.keys.ADMIN}` }]);
    expect((await read(id)).statusReason).toBe('exporter said [credential]');
  });
});

test('five hundred statuses are taken, more are BAD_USER_INPUT, and that sync does not count', async () => {
  const { id } = await exporter();
  const many = (count: number, status: string) => Array.from({ length: count }, () => ({ agentId: id, status }));
  await report(many(500, 'RUNNING'));
  expect((await read(id)).status).toBe('RUNNING');
  const answer = await sync(host.client, { statuses: many(501, 'WAITING') });
  expect(answer.errors[0]!.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'input.statuses' }] });
  expect((await read(id)).status).toBe('RUNNING');
});

test('a report of a host that shares its credential with another is not stored', async () => {
  const own = await aHost();
  const { id } = await exporter(own);
  await report([{ agentId: id, status: 'RUNNING' }], own);
  const copy = await sync(own.client, {
    bootId: randomUUID(),
    generation: 1_000,
    statuses: [{ agentId: id, status: 'WAITING' }],
  });
  expect(codes(copy)).toEqual(['CONFLICT']);
  expect((await read(id)).status).toBe('RUNNING');
});

test('an agent that is removed while its status is under way is not missed', async () => {
  const { id } = await exporter();
  dataOf(await server.editor(`mutation ($id: ID!) { removeAgent(input: { id: $id }) { agentId } }`, { id }));
  await report([{ agentId: id, status: 'RUNNING' }]);
  expect(await read(id)).toBeNull();
});

const ignored = async () => {
  const headers = { authorization: `Bearer ${server.keys.VIEWER}` };
  const text = await (await fetch(`${server.url}/metrics`, { headers })).text();
  return Number(/^rollcall_ignored_status_reports_total (\d+)$/m.exec(text)![1]);
};
test('what is ignored is counted, for the metrics', async () => {
  const { id } = await exporter();
  const before = await ignored();
  // At once: none of them is lost in the count.
  const others = await Promise.all(Array.from({ length: 10 }, aHost));
  const strange = [{ agentId: randomUUID(), status: 'RUNNING' }];
  await Promise.all(others.map(({ client }) => report(strange, { client })));
  expect(await ignored()).toBe(before + 10);
  const statuses = ['RUNNING', 'UNKNOWN'].flatMap((status) =>
    [id, randomUUID()].map((agentId) => ({ agentId, status })),
  );
  await report(statuses);
  expect(await ignored()).toBe(before + 13);
});

test('Prometheus is told where an exporter answers once that was reported, and finds it by its status', async () => {
  const { id } = await exporter();
  const targets = async (query: string) => {
    const headers = { authorization: `Bearer ${server.keys.VIEWER}` };
    const groups = await (await fetch(`${server.url}/api/v1/prometheus/sd${query}`, { headers })).json();
    return (groups as { targets: string[]; labels: { agent_id: string } }[])
      .filter(({ labels }) => labels.agent_id === id)
      .flatMap((group) => group.targets);
  };
  expect(await targets('')).toEqual([]);
  await report([{ agentId: id, status: 'RUNNING', listenPort: 42_007 }]);
  expect(await targets('?status=RUNNING')).toEqual([expect.stringMatching(/:42007$/)]);
  expect(await targets('?status=WAITING')).toEqual([]);
  await report([{ agentId: id, status: 'WAITING', reason: 'it ended' }]);
  expect(await targets('')).toEqual([]);
});
