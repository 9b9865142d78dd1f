import * as agents from '../agent/agent-requests';
import * as nodes from '../node/node-requests';
import { askFor, PATH, targetsOf, type Asking } from '../prometheus/ask';
import { listens, makeScene, type Group, type Scene } from '../prometheus/scene';
import * as services from '../service/service-requests';
import { enrol } from '../support/enrol';
import { makeAgent, makeHostAgent, makeNode } from '../support/inventory';
import { statementsOfRequests } from '../support/reader';
import { startServer, type TestServer } from '../support/server';

let server: TestServer;
let scene: Scene;
beforeAll(async () => {
  server = await startServer();
  scene = await makeScene(server);
});
afterAll(() => server.stop());

const ask = (query = '', asking: Asking = {}) => askFor(asking.at ?? server, query, asking);
const targets = (query?: string) => targetsOf(server, query);

test('tells a group for each agent that listens, in the order of their ids, with the labels of PMM', async () => {
  expect(await targets()).toEqual(Object.values(scene.groups));
});

test('every label is a text under a name that Prometheus takes, and none is a secret', async () => {
  const { text } = await ask();
  const entries = (JSON.parse(text) as Group[]).flatMap(({ labels }) => Object.entries(labels));
  for (const [name, value] of entries) expect([name, typeof value]).toEqual([expect.stringMatching(/^\w+$/), 'string']);
  expect(text).not.toContain('never-to-be-told');
});

describe('left out is', () => {
  let nodeId: string;
  let hostId: string;
  beforeAll(async () => {
    nodeId = await makeNode(server.database);
    hostId = await makeHostAgent(server.database, nodeId, { listen_port: 7777 });
  });

  test.each([
    ['an agent that is disabled', { type: 'NODE_EXPORTER', listen_port: 9100, disabled: true }],
    ['an agent that does not listen yet', { type: 'NODE_EXPORTER' }],
    ['an agent that analyses queries', { type: 'QAN_POSTGRESQL_PGSTATEMENTS_AGENT', listen_port: 9100 }],
    ['an agent of real-time analytics', { type: 'RTA_MONGODB_AGENT', listen_port: 9100 }],
  ])('%s', async (_, row) => {
    const id = await makeAgent(server.database, nodeId, hostId, row);
    const found = (await targets()).map(({ labels }) => labels['agent_id']);
    expect(found).toEqual(Object.values(scene.ids));
    await server.database.query('DELETE FROM agent WHERE id = $1', [id]);
  });

  test.each(['http://192.0.2.1/x', 'db1/..', 'two words', 'db1:5432', 'user@db1', '[::1]'])(
    'an agent at the address %s, for which Prometheus would drop the group, and the log says so',
    async (address) => {
      const elsewhere = await makeNode(server.database, { address });
      const row = { type: 'NODE_EXPORTER', listen_port: 9100 };
      const id = await makeAgent(server.database, elsewhere, hostId, row);
      const { log } = server;
      const before = log.length;
      expect(await targets()).toEqual(Object.values(scene.groups));
      const told = log.slice(before).map((line) => JSON.parse(line) as { first?: string });
      expect(told.map(({ first }) => first)).toContain(id);
      await server.database.query('DELETE FROM agent WHERE id = $1', [id]);
    },
  );
});

test('what an external exporter does not say of scheme and path is http and /metrics', async () => {
  const { id: nodeId } = await nodes.add(server.editor, 'remote');
  const { id: serviceId } = await services.add(server.editor, 'external', { nodeId });
  const { id } = await agents.add(server.editor, 'externalExporter', {
    runsOnNodeId: nodeId,
    serviceId,
    listenPort: 1,
  });
  const [group] = await targets(`?label=agent_id=${id}`);
  expect(group).toMatchObject({
    targets: ['db.example.org:1'],
    labels: { __scheme__: 'http', __metrics_path__: '/metrics', external_group: 'external' },
  });
  await agents.remove(server.editor, id);
});

test('a label that Prometheus would not take, and that no call lets in, gets a name that it takes', async () => {
  const nodeId = await makeNode(server.database, {
    labels: { 'data-center': 'x', __address__: 'y', '7up': 'z', '': 'e', n: 7 },
  });
  const id = await makeAgent(server.database, nodeId, await makeHostAgent(server.database, nodeId), {
    type: 'NODE_EXPORTER',
    listen_port: 9100,
  });
  const [group] = await targets(`?label=agent_id=${id}`);
  expect(group!.labels).toMatchObject({ _data_center: 'x', _address_: 'y', _7up: 'z', _: 'e', n: '7' });
  await server.database.query('DELETE FROM agent WHERE id = $1', [id]);
});

describe('the answer', () => {
  test('is application/json and nothing more, uncompressed, whatever is asked for', async () => {
    const { headers, text } = await ask('', { headers: { 'accept-encoding': 'gzip, br' } });
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
      'cache-control': 'private, no-cache',
    });
    expect(headers).not.toHaveProperty('content-encoding');
  });

  test('has the same strong ETag until something changes', async () => {
    const first = await ask();
    expect(first.etag).toMatch(/^"[\w-]{43}"$/);
    expect((await ask()).etag).toBe(first.etag);
    await listens(server, scene.ids['machine']!, 42_999);
    expect((await ask()).etag).not.toBe(first.etag);
    await listens(server, scene.ids['machine']!, 42_001);
    expect((await ask()).etag).toBe(first.etag);
  });

  test.each<[what: string, status: number, header: (etag: string) => string]>([
    ['the ETag', 304, (etag) => etag],
    ['a list that has it', 304, (etag) => `"other", W/${etag}`],
    ['a star', 304, () => '*'],
    ['another', 200, () => '"other"'],
    ['a part of it', 200, (etag) => etag.slice(0, 20)],
  ])('to If-None-Match with %s it is %s', async (_, status, header) => {
    const { etag, text } = await ask();
    const answer = await ask('', { headers: { 'if-none-match': header(etag!) } });
    expect([answer.status, answer.etag, answer.text]).toEqual([status, etag, status === 304 ? '' : text]);
  });

  test('to HEAD is the same without its body', async () => {
    const { headers, etag } = await ask();
    const head = await ask('', { method: 'HEAD' });
    expect([head.status, head.etag, head.text]).toEqual([200, etag, '']);
    for (const name of ['content-type', 'content-length', 'cache-control'])
      expect(head.headers).toHaveProperty(name, headers[name]);
  });

  test('of an empty inventory is an empty list with 200', async () => {
    const empty = await startServer();
    expect(await ask('', { at: empty })).toMatchObject({ status: 200, text: '[]' });
    await empty.stop();
  });

  test('costs one statement beside the look-up of the key', async () => {
    await ask();
    expect(await statementsOfRequests(server.database, () => ask())).toHaveLength(1);
  });

  test('is the same for many who ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask()));
    expect(new Set(answers.map(({ etag }) => etag)).size).toBe(1);
  });
});

const basic = (key: string) => `Basic ${Buffer.from(`api_key:${key}`).toString('base64')}`;

describe('it answers', () => {
  let agentKey: string;
  beforeAll(async () => {
    agentKey = (await enrol(server.admin)).secret;
  });

  test.each<[who: string, status: number, header: () => string]>([
    ['a VIEWER by Bearer', 200, () => `Bearer ${server.keys.VIEWER}`],
    ['a VIEWER by Basic', 200, () => basic(server.keys.VIEWER)],
    ['a VIEWER by the bare key', 200, () => server.keys.VIEWER],
    ['an ADMIN by the bare key', 200, () => server.keys.ADMIN],
    ['an agent', 403, () => `Bearer ${agentKey}`],
    ['an agent by the bare key', 403, () => agentKey],
    ['whoever gives nothing that is a key', 401, () => 'nonsense'],
    ['whoever gives a scheme alone', 401, () => 'Bearer'],
    ['whoever gives an empty header', 401, () => ''],
    ['whoever gives a key in another scheme', 401, () => `Token ${server.keys.VIEWER}`],
  ])('%s: %s', async (_, status, authorization) => {
    const answer = await ask('', { headers: { authorization: authorization() } });
    expect([answer.status, answer.challenge]).toEqual([status, status === 401 ? 'Bearer realm="rollcall"' : undefined]);
  });

  test('nobody without a key', async () => {
    expect((await fetch(server.url + PATH)).status).toBe(401);
  });

  test('POST as if there were nothing', async () => {
    expect((await fetch(server.url + PATH, { method: 'POST' })).status).toBe(404);
  });
});

test.each(['/v1/version', '/metrics', '/graphql?query={caller{apiKey{id}}}'])(
  'the bare key is not taken at %s',
  async (path) => {
    const headers = { authorization: server.keys.VIEWER, 'apollo-require-preflight': 'true' };
    expect((await fetch(server.url + path, { headers })).status).toBe(401);
  },
);
