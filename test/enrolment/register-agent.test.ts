import { parseCredential } from '../../src/access/credential';
import { codes, dataOf } from '../support/client';
import { enrol, issueToken, register, sync, tryToRegister } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { readNode, readToken, rollSizes, wholeRoll } from './roll';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

const FACTS = {
  address: 'db-01.example.com',
  os: 'linux/amd64',
  model: 'R740',
  region: 'eu-west',
  zone: 'eu-west-1a',
  environment: 'staging',
  tags: ['primary', 'ssd'],
};
const words = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
const pairs = (prefix: string, count: number) => words(prefix, count).map((name) => ({ name, value: 'x' }));
const LABELS = [{ name: 'team', value: 'dba' }];

describe('an agent that registers', () => {
  test('gets its ids, a key that is good, and how often to sync', async () => {
    const { secret } = await issueToken(server.admin);
    const enrolled = await register(server.anonymous, secret, { agentVersion: '1.2.3' });
    expect(enrolled).toMatchObject({ serviceId: null, secret: expect.stringMatching(/^rca_/) });
    expect(enrolled.syncIntervalSeconds).toBeGreaterThanOrEqual(13);
    expect(enrolled.syncIntervalSeconds).toBeLessThanOrEqual(17);
    const { caller } = dataOf(
      await server.as(enrolled.secret)(
        '{ caller { role agent { id version enrolledBy generation runsOn { id } } apiKey { name } } }',
      ),
    );
    const [node] = await server.database.query<{ name: string }>('SELECT name FROM node WHERE id = $1', [
      enrolled.nodeId,
    ]);
    expect(caller).toEqual({
      role: 'AGENT',
      agent: {
        id: enrolled.agentId,
        version: '1.2.3',
        enrolledBy: 'TOKEN',
        generation: 1,
        runsOn: { id: enrolled.nodeId },
      },
      apiKey: { name: node!.name },
    });
    expect(dataOf(await sync(server.as(enrolled.secret))).syncAgent.generation).toBe(1);
  });

  test('is one node, one host agent, one key and one use', async () => {
    const { secret, token } = await issueToken(server.admin);
    const before = await rollSizes(server.database);
    await register(server.anonymous, secret);
    const after = await rollSizes(server.database);
    const more = Object.fromEntries(Object.entries(after).map(([table, size]) => [table, size - before[table]!]));
    expect(more).toEqual({
      node: 1,
      agent: 1,
      liveness: 1,
      api_key: 1,
      registration_token_claim: 1,
      service: 0,
      registration_token: 0,
    });
    expect(await readToken(server.admin, token.id)).toMatchObject({ status: 'USED', uses: 1 });
  });

  test('reads INACTIVE until it syncs', async () => {
    const { nodeId, secret } = await enrol(server.admin);
    const status = async () => dataOf(await server.viewer(`{ node(by: { id: "${nodeId}" }) { status } }`)).node.status;
    expect(await status()).toBe('INACTIVE');
    await sync(server.as(secret));
    expect(await status()).toBe('ACTIVE');
  });

  test('has its key made by the token, in the words of its public id', async () => {
    const { secret, token } = await issueToken(server.admin);
    const enrolled = await register(server.anonymous, secret);
    const { apiKey } = dataOf(
      await server.as(enrolled.secret)('{ caller { apiKey { publicId expiresAt createdBy { name keyPublicId } } } }'),
    ).caller;
    expect(apiKey).toEqual({
      publicId: parseCredential(enrolled.secret)!.publicId,
      expiresAt: null,
      createdBy: { name: `registration token ${token.publicId}`, keyPublicId: null },
    });
  });

  test('leaves neither its key, the token nor the registrationId in the database or the log', async () => {
    const { secret } = await issueToken(server.admin);
    const registrationId = 'a5f3c0de-1111-4222-8333-c0ffee123456';
    const enrolled = await register(server.anonymous, secret, { registrationId, node: { name: 'left-behind' } });
    const dump = JSON.stringify([
      await wholeRoll(server.database),
      await server.database.query('SELECT row_to_json(audit_event) AS row FROM audit_event'),
      server.log,
    ]);
    expect(dump).toContain('left-behind');
    for (const canary of [registrationId, parseCredential(secret)!.secret, parseCredential(enrolled.secret)!.secret])
      expect(dump).not.toContain(canary);
  });
});

describe('the node of an agent that registers', () => {
  test('is generic and has all that the agent says', async () => {
    const node = { ...FACTS, name: 'Generic-01', machineId: 'm-1', distro: 'Debian 13', labels: LABELS };
    const { nodeId, agentId } = await enrol(server.admin, { node });
    expect(await readNode(server.viewer, nodeId)).toEqual({
      ...node,
      id: nodeId,
      type: 'GENERIC',
      services: { nodes: [] },
      agents: { nodes: [{ id: agentId, type: 'HOST_AGENT', version: null }] },
    });
  });

  test('is a container when it has a container id; the distribution is not kept', async () => {
    const container = { machineId: 'm-2', containerId: 'c0ffee', containerName: 'db' };
    const { nodeId } = await enrol(server.admin, { node: { name: 'container-01', distro: 'Debian 13', ...container } });
    const { machineId, ...rest } = container;
    expect(await readNode(server.viewer, nodeId)).toMatchObject({
      type: 'CONTAINER',
      hostMachineId: machineId,
      ...rest,
    });
    const [row] = await server.database.query<{ distro: null }>('SELECT distro FROM node WHERE id = $1', [nodeId]);
    expect(row!.distro).toBe(null);
  });

  test('has nothing but its name and the address of the call when the agent says no more', async () => {
    const { nodeId } = await enrol(server.admin, { node: { name: 'bare-01' } });
    expect(await readNode(server.viewer, nodeId)).toMatchObject({
      name: 'bare-01',
      type: 'GENERIC',
      address: '127.0.0.1',
      model: null,
      region: null,
      zone: null,
      environment: null,
      os: null,
      machineId: null,
      distro: null,
      tags: [],
      labels: [],
    });
  });

  test('may have every fact at its longest', async () => {
    const fact = '😀'.repeat(256);
    const node = {
      name: `l${'o'.repeat(251)}g`,
      address: 'a'.repeat(253),
      os: fact,
      distro: fact,
      model: fact,
      machineId: fact,
      zone: fact,
      region: 'r'.repeat(128),
      environment: 'e'.repeat(128),
      tags: Array.from({ length: 64 }, (_, index) => `tag-${index}`),
      labels: Array.from({ length: 64 }, (_, index) => ({ name: `label_${10 + index}`, value: 'v'.repeat(1000) })),
    };
    const { nodeId } = await enrol(server.admin, { node });
    expect(await readNode(server.viewer, nodeId)).toMatchObject(node);
  });
});

describe("the token's word", () => {
  test('wins over what the agent says of region and environment', async () => {
    const { secret } = await issueToken(server.admin, { region: 'us-east', environment: 'production' });
    const { nodeId } = await register(server.anonymous, secret, { node: { ...FACTS, name: 'overruled-01' } });
    expect(await readNode(server.viewer, nodeId)).toMatchObject({
      region: 'us-east',
      environment: 'production',
      zone: FACTS.zone,
    });
  });

  test('comes first among the tags, and of a label its value counts', async () => {
    const { secret } = await issueToken(server.admin, {
      tags: ['rack-7', 'ssd'],
      labels: [
        { name: 'team', value: 'platform' },
        { name: 'cost', value: '42' },
      ],
    });
    const labels = [...LABELS, { name: 'shift', value: 'night' }];
    const { nodeId } = await register(server.anonymous, secret, { node: { ...FACTS, name: 'joined-01', labels } });
    expect(await readNode(server.viewer, nodeId)).toMatchObject({
      tags: ['rack-7', 'ssd', 'primary'],
      labels: [
        { name: 'cost', value: '42' },
        { name: 'shift', value: 'night' },
        { name: 'team', value: 'platform' },
      ],
    });
  });

  test.each([
    ['tags', { tags: words('a', 33) }, { tags: words('b', 32) }],
    ['labels', { labels: pairs('a', 33) }, { labels: pairs('b', 32) }],
  ])('and that of the agent make 64 %s at most, else nothing is changed', async (kind, ofToken, ofAgent) => {
    const { secret } = await issueToken(server.admin, ofToken);
    const before = await wholeRoll(server.database);
    const answer = await tryToRegister(server.anonymous, secret, { node: { name: `full-of-${kind}`, ...ofAgent } });
    expect(answer.errors[0]!.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: `input.node.${kind}` }],
    });
    expect(await wholeRoll(server.database)).toEqual(before);
    // What both give counts once.
    await register(server.anonymous, secret, { node: { name: `full-of-${kind}`, ...ofToken } });
  });
});

describe('a taken name', () => {
  test.each([
    ['of a node, regardless of case', { name: 'TAKEN-01' }],
    ['of a container', { name: 'other-01', containerId: 'taken-container' }],
  ])('%s, is CONFLICT and leaves everything as it was, the token too', async (_, node) => {
    const taken = await server.database.query('SELECT FROM node WHERE name = $1', ['taken-01']);
    if (taken.length === 0) await enrol(server.admin, { node: { name: 'taken-01', containerId: 'taken-container' } });
    const { secret } = await issueToken(server.admin);
    const before = await wholeRoll(server.database);
    const answer = await tryToRegister(server.anonymous, secret, { node, postgresql: { version: '17' } });
    expect(codes(answer)).toEqual(['CONFLICT']);
    expect(answer.errors[0]!.message).toMatch(/\. (Give|Ask) /);
    expect(await wholeRoll(server.database)).toEqual(before);
    await register(server.anonymous, secret);
  });
});

test('agent keys end when the server is set so', async () => {
  const strict = await startServer({ agentKeyTtlSeconds: 3600 });
  try {
    const { secret } = await enrol(strict.admin);
    const { apiKey } = dataOf(await strict.as(secret)('{ caller { apiKey { createdAt expiresAt } } }')).caller;
    expect(Date.parse(apiKey.expiresAt) - Date.parse(apiKey.createdAt)).toBeCloseTo(3_600_000, -4);
  } finally {
    await strict.stop();
  }
});
