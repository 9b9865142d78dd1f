import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { rotateItself } from '../access/key-requests';
import * as nodes from '../node/node-requests';
import { codes, dataOf } from '../support/client';
import { enrol, issueToken, register, sync, tryToRegister, type Enrolled } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { keyEnd, readNode, readToken, wholeRoll } from './roll';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

const FACTS = {
  address: '10.0.0.1',
  os: 'linux/amd64',
  model: 'R740',
  machineId: 'm-1',
  distro: 'Debian 13',
  region: 'eu-west',
  zone: 'a',
  environment: 'staging',
};

/** Enrols a node, then enrols it afresh with a token and facts of one's own. */
async function replace(
  first: Record<string, unknown>,
  token: Record<string, unknown>,
  second: Record<string, unknown>,
) {
  const name = `afresh-${randomUUID()}`;
  const former = await enrol(server.admin, { ...first, node: { name, ...(first['node'] as object) } });
  const issued = await issueToken(server.admin, { ...token, replacesNodeId: former.nodeId });
  const input = { ...second, node: { name: name.toUpperCase(), ...(second['node'] as object) } };
  const enrolled = await register(server.anonymous, issued.secret, input);
  return { name, former, enrolled, tokenId: issued.token.id, node: await readNode(server.viewer, former.nodeId) };
}

const names = (prefix: string) => Array.from({ length: 33 }, (_, index) => `${prefix}${index}`);
const labelled = (value: string, ...labelNames: string[]) => labelNames.map((name) => ({ name, value }));

function liveness({ agentId }: Enrolled) {
  return server.database.query<Record<string, unknown>>(
    'SELECT last_seen_at, boot_id, reported_generation FROM liveness WHERE agent_id = $1',
    [agentId],
  );
}

describe('a node that is enrolled afresh', () => {
  test('keeps its ids, its name as it was given, and its services; the token is used', async () => {
    const postgresql = { version: '17' };
    const { name, former, enrolled, node, tokenId } = await replace({ postgresql }, {}, {});
    expect(enrolled).toMatchObject({ nodeId: former.nodeId, agentId: former.agentId, serviceId: null });
    expect(node.name).toBe(name);
    expect(node.services.nodes).toMatchObject([{ id: former.serviceId, version: '17' }]);
    expect(node.agents.nodes).toMatchObject([{ id: former.agentId, type: 'HOST_AGENT' }]);
    expect(await readToken(server.admin, tokenId)).toMatchObject({ status: 'USED', uses: 1 });
  });

  test('ends every former key, which is told why, and none of another agent; the new one is good', async () => {
    const [name, another] = [`afresh-${randomUUID()}`, await enrol(server.admin)];
    const former = await enrol(server.admin, { node: { name } });
    const { apiKey } = dataOf(await server.as(former.secret)('{ caller { apiKey { id } } }')).caller;
    const successor = dataOf(await rotateItself(server.as(former.secret), apiKey.id)).rotateApiKey;
    // Remembered as good, which must not help it.
    expect(await keyEnd(server.as(former.secret))).toBe(null);
    const { secret } = await issueToken(server.admin, { replacesNodeId: former.nodeId });
    const enrolled = await register(server.anonymous, secret, { node: { name } });
    for (const key of [former.secret, successor.secret]) expect(await keyEnd(server.as(key))).toBe('AGENT_REPLACED');
    for (const key of [enrolled.secret, another.secret]) expect(await keyEnd(server.as(key))).toBe(null);
  });

  test('leaves a key that was ended before as it was', async () => {
    const { former, name } = await replace({}, {}, {});
    const { secret } = await issueToken(server.admin, { replacesNodeId: former.nodeId });
    const before = (await wholeRoll(server.database)).api_key.filter((key) => key['ended_by'] !== null);
    await register(server.anonymous, secret, { node: { name } });
    expect((await wholeRoll(server.database)).api_key).toEqual(expect.arrayContaining(before));
  });

  test('forgets the boot id and the reported generation, not when it was last seen', async () => {
    const name = `seen-${randomUUID()}`;
    const former = await enrol(server.admin, { node: { name } });
    dataOf(await sync(server.as(former.secret), { generation: 1 }));
    const [before] = await liveness(former);
    expect(before).toMatchObject({ boot_id: expect.any(String), reported_generation: 1 });
    const { secret } = await issueToken(server.admin, { replacesNodeId: former.nodeId });
    await register(server.anonymous, secret, { node: { name } });
    expect(await liveness(former)).toEqual([{ ...before!, boot_id: null, reported_generation: null }]);
  });

  test('takes every fact that is given', async () => {
    const facts = Object.fromEntries(Object.entries(FACTS).map(([fact, value]) => [fact, `new ${value}`]));
    const { node } = await replace({ node: FACTS, agentVersion: '1' }, {}, { node: facts, agentVersion: '2' });
    expect(node).toMatchObject({ ...facts, agents: { nodes: [{ version: '2' }] } });
  });

  test('keeps every fact that is absent, the address too', async () => {
    const { node } = await replace({ node: FACTS, agentVersion: '1' }, {}, {});
    expect(node).toMatchObject({ ...FACTS, agents: { nodes: [{ version: '1' }] } });
  });

  test("takes the token's region and environment before the agent's and its own", async () => {
    const places = { region: 'us-east', environment: 'production' };
    const { node } = await replace({ node: FACTS }, places, { node: { region: 'asia', environment: 'test' } });
    expect(node).toMatchObject(places);
  });

  test("joins tags: the token's, its own, the agent's", async () => {
    const { node } = await replace(
      { node: { tags: ['b', 'c'] } },
      { tags: ['a', 'c'] },
      { node: { tags: ['d', 'b'] } },
    );
    expect(node.tags).toEqual(['a', 'c', 'b', 'd']);
  });

  test("joins labels: of one name the token's value counts, then its own, then the agent's", async () => {
    const { node } = await replace(
      { node: { labels: labelled('node', 'a', 'b', 'c') } },
      { labels: labelled('token', 'a', 'd') },
      { node: { labels: labelled('agent', 'a', 'b', 'd', 'e') } },
    );
    const values = Object.fromEntries(
      node.labels.map(({ name, value }: { name: string; value: string }) => [name, value]),
    );
    expect(values).toEqual({ a: 'token', b: 'node', c: 'node', d: 'token', e: 'agent' });
  });

  test('is refused when that makes more than 64 labels, and nothing is changed', async () => {
    const name = `full-${randomUUID()}`;
    const { nodeId } = await enrol(server.admin, { node: { name, labels: labelled('', ...names('a')) } });
    const { secret } = await issueToken(server.admin, { replacesNodeId: nodeId });
    const before = await wholeRoll(server.database);
    const answer = await tryToRegister(server.anonymous, secret, {
      node: { name, labels: labelled('', ...names('b')) },
    });
    expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
    expect(await wholeRoll(server.database)).toEqual(before);
  });

  test('becomes a container when the agent gives a container id, and loses its distribution', async () => {
    const container = { containerId: randomUUID(), containerName: 'db' };
    const { node } = await replace({ node: FACTS }, {}, { node: container });
    expect(node).toMatchObject({ ...container, type: 'CONTAINER', hostMachineId: FACTS.machineId, os: FACTS.os });
    const [row] = await server.database.query<{ distro: null }>('SELECT distro FROM node WHERE id = $1', [node.id]);
    expect(row!.distro).toBe(null);
  });

  test('becomes generic when the agent gives no container id, and loses id and name of the container', async () => {
    const container = { containerId: randomUUID(), containerName: 'db', machineId: 'host' };
    const { node } = await replace({ node: container }, {}, { node: { distro: 'Alpine' } });
    expect(node).toMatchObject({ type: 'GENERIC', machineId: 'host', distro: 'Alpine' });
    const rows = await server.database.query('SELECT container_id, container_name FROM node WHERE id = $1', [node.id]);
    expect(rows).toEqual([{ container_id: null, container_name: null }]);
  });

  test('keeps the name of the container when the agent gives the id alone', async () => {
    const containerId = randomUUID();
    const { node } = await replace(
      { node: { containerId: randomUUID(), containerName: 'db' } },
      {},
      { node: { containerId } },
    );
    expect(node).toMatchObject({ type: 'CONTAINER', containerId, containerName: 'db' });
  });

  test('is refused the container id of another node, and nothing is changed', async () => {
    const containerId = randomUUID();
    await enrol(server.admin, { node: { name: `holder-${randomUUID()}`, containerId } });
    const name = `thief-${randomUUID()}`;
    const { nodeId } = await enrol(server.admin, { node: { name } });
    const { secret } = await issueToken(server.admin, { replacesNodeId: nodeId });
    const before = await wholeRoll(server.database);
    expect(codes(await tryToRegister(server.anonymous, secret, { node: { name, containerId } }))).toEqual(['CONFLICT']);
    expect(await wholeRoll(server.database)).toEqual(before);
  });

  test('tells a later change of its facts', async () => {
    const times = async (id: string) =>
      (await server.database.query<{ at: Date }>('SELECT updated_at AS at FROM node WHERE id = $1', [id]))[0]!.at;
    const name = `changed-${randomUUID()}`;
    const { nodeId } = await enrol(server.admin, { node: { name } });
    await server.database.query(`UPDATE node SET updated_at = updated_at - interval '1 day' WHERE id = $1`, [nodeId]);
    const before = await times(nodeId);
    const { secret } = await issueToken(server.admin, { replacesNodeId: nodeId });
    await register(server.anonymous, secret, { node: { name } });
    expect((await times(nodeId)).getTime()).toBeGreaterThan(before.getTime());
  });
});

test('a node without a host agent gets one', async () => {
  const [nodeId, name] = [uuidv7(), `by-hand-${randomUUID()}`];
  await server.database.query(
    `INSERT INTO node (id, type, name, address, model) VALUES ($1, 'GENERIC', $2, '10.0.0.9', 'R740')`,
    [nodeId, name],
  );
  const { secret } = await issueToken(server.admin, { replacesNodeId: nodeId });
  const enrolled = await register(server.anonymous, secret, { node: { name }, agentVersion: '1.0.0' });
  expect(enrolled.nodeId).toBe(nodeId);
  expect(await readNode(server.viewer, nodeId)).toMatchObject({
    address: '10.0.0.9',
    model: 'R740',
    agents: { nodes: [{ id: enrolled.agentId, version: '1.0.0' }] },
  });
  expect(dataOf(await sync(server.as(enrolled.secret))).syncAgent.generation).toBe(1);
});

/** Enrols a node of this kind that was made by hand, whatever comes of it. */
async function enrolMade(kind: nodes.NodeKind, facts: Record<string, unknown>) {
  const { id, name } = await nodes.add(server.editor, kind);
  const { secret } = await issueToken(server.admin, { replacesNodeId: id });
  return tryToRegister(server.anonymous, secret, { node: { name, ...facts } });
}

describe('a managed or remote node that is enrolled afresh', () => {
  test.each([
    ['remote', 'REMOTE'],
    ['remoteRds', 'REMOTE_RDS'],
    ['remoteAzureDatabase', 'REMOTE_AZURE_DATABASE'],
  ] as const)('keeps its kind, and has nothing of a container or machine: %s', async (kind, type) => {
    const container = { containerId: randomUUID(), machineId: 'm', distro: 'Debian' };
    const { nodeId } = dataOf(await enrolMade(kind, container)).registerAgent;
    expect(await nodes.read(server.viewer, nodeId)).toMatchObject({ type });
    const rows = await server.database.query('SELECT machine_id, container_id, distro FROM node WHERE id = $1', [
      nodeId,
    ]);
    expect(rows).toEqual([{ machine_id: null, container_id: null, distro: null }]);
    await nodes.add(server.editor, 'container', { containerId: container.containerId });
  });

  test('is told that an RDS instance has no address with a dot', async () => {
    const answer = await enrolMade('remoteRds', { address: '10.0.0.1' });
    expect(nodes.refusal(answer)).toEqual({ code: 'BAD_USER_INPUT', paths: ['input.node.address'] });
  });

  test.each(['remoteRds', 'remoteAzureDatabase'] as const)('is not moved to where another is: %s', async (kind) => {
    const { address } = await nodes.add(server.editor, kind);
    const answer = await enrolMade(kind, { address });
    expect(nodes.refusal(answer)).toEqual({ code: 'CONFLICT', paths: ['input.node.address'] });
  });
});
