import { randomUUID } from 'node:crypto';
import { codes, dataOf, type Answer, type GraphQLClient } from '../support/client';
import { enrol, sync } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

/** A host agent that has just been enrolled. */
async function anAgent(): Promise<{ id: string; client: GraphQLClient }> {
  const { agentId, secret } = await enrol(server.admin);
  return { id: agentId, client: server.as(secret) };
}

async function clock(): Promise<number> {
  const [row] = await server.database.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  return row!.now.getTime();
}

async function auditRows(): Promise<number> {
  return (await server.database.query('SELECT FROM audit_event')).length;
}

const SEEN = `query ($id: ID!) { agent(id: $id) {
  status version updatedAt runsOn { status updatedAt }
  ... on HostAgent { lastSeenAt syncIntervalSeconds reportedGeneration generation } } }`;

async function seen(id: string): Promise<Answer['data']> {
  return dataOf(await server.viewer(SEEN, { id })).agent;
}

describe('a sync', () => {
  test.each(['viewer', 'editor', 'admin'] as const)('is not for a key of %s', async (role) => {
    expect(codes(await sync(server[role]))).toEqual(['FORBIDDEN']);
  });

  test('is not for the anonymous', async () => {
    expect(codes(await sync(server.anonymous))).toEqual(['UNAUTHENTICATED']);
  });

  test('turns agent and node from INACTIVE to ACTIVE', async () => {
    const { id, client } = await anAgent();
    expect(await seen(id)).toMatchObject({ status: 'INACTIVE', lastSeenAt: null, runsOn: { status: 'INACTIVE' } });
    dataOf(await sync(client));
    expect(await seen(id)).toMatchObject({ status: 'ACTIVE', runsOn: { status: 'ACTIVE' } });
  });

  test('is noted and answered by the clock of the database', async () => {
    const { id, client } = await anAgent();
    const before = await clock();
    const { serverTime } = dataOf(await sync(client)).syncAgent;
    const after = await clock();
    for (const instant of [serverTime, (await seen(id)).lastSeenAt]) {
      expect(Date.parse(instant)).toBeGreaterThanOrEqual(before);
      expect(Date.parse(instant)).toBeLessThanOrEqual(after);
    }
  });

  test('counts for the agent whose key it was sent with, and no other', async () => {
    const [one, other] = [await anAgent(), await anAgent()];
    dataOf(await sync(one.client, { agentVersion: '1.0.0' }));
    expect(await seen(other.id)).toMatchObject({ lastSeenAt: null, version: null });
  });

  test('leaves updatedAt of agent and node alone, whatever it reports', async () => {
    const { id, client } = await anAgent();
    const { updatedAt, runsOn } = await seen(id);
    dataOf(await sync(client, { agentVersion: '1.0.0', generation: 1 }));
    expect(await seen(id)).toMatchObject({ updatedAt, runsOn: { updatedAt: runsOn.updatedAt } });
  });

  test('leaves no audit row', async () => {
    const { client } = await anAgent();
    const before = await auditRows();
    dataOf(await sync(client));
    expect(await auditRows()).toBe(before);
  });

  test('stores the version; one that says none leaves it', async () => {
    const { id, client } = await anAgent();
    for (const [agentVersion, stored] of [
      ['1.0.0', '1.0.0'],
      [undefined, '1.0.0'],
      [null, '1.0.0'],
      ['1.1.0-rc.1', '1.1.0-rc.1'],
    ]) {
      dataOf(await sync(client, { agentVersion }));
      expect((await seen(id)).version).toBe(stored);
    }
  });

  test('stores the generation that the agent runs; one that says none leaves it', async () => {
    const { id, client } = await anAgent();
    for (const [generation, stored] of [
      [undefined, null],
      [1, 1],
      [undefined, 1],
      [7, 7],
    ]) {
      dataOf(await sync(client, { generation }));
      expect((await seen(id)).reportedGeneration).toBe(stored);
    }
  });

  test('tells the generation that the agent should run', async () => {
    const { id, client } = await anAgent();
    await server.database.query('UPDATE agent SET generation = 12 WHERE id = $1', [id]);
    expect(dataOf(await sync(client)).syncAgent.generation).toBe(12);
  });

  test('is told when to come again, around the minimum, and that is what silence is measured by', async () => {
    const { id, client } = await anAgent();
    const { syncAfterSeconds } = dataOf(await sync(client)).syncAgent;
    expect(syncAfterSeconds).toBeGreaterThanOrEqual(14);
    expect(syncAfterSeconds).toBeLessThanOrEqual(17);
    expect((await seen(id)).syncIntervalSeconds).toBe(syncAfterSeconds);
  });

  test('remembers the run of the agent', async () => {
    const { id, client } = await anAgent();
    const bootId = randomUUID();
    dataOf(await sync(client, { bootId: bootId.toUpperCase(), previousBootId: randomUUID() }));
    expect(await server.database.query('SELECT boot_id FROM liveness WHERE agent_id = $1', [id])).toEqual([
      { boot_id: bootId },
    ]);
  });

  test.each([
    ['an empty agentVersion', { agentVersion: '' }, 'agentVersion'],
    ['an agentVersion of 101 characters', { agentVersion: 'x'.repeat(101) }, 'agentVersion'],
    ['an agentVersion with NUL', { agentVersion: '1\u0000canary' }, 'agentVersion'],
    ['an agentVersion of two lines', { agentVersion: '1\ncanary' }, 'agentVersion'],
    ['an agentVersion that turns the direction of text', { agentVersion: '\u202Ecanary' }, 'agentVersion'],
    ['a bootId that is none', { bootId: 'canary' }, 'bootId'],
    ['no bootId', { bootId: null }, 'bootId'],
    ['a previousBootId that is none', { previousBootId: 'canary' }, 'previousBootId'],
    ['a generation that is no whole number', { generation: 1.5 }, 'generation'],
  ])('with %s is refused, naming the field but not the value, and does not count', async (_, input, field) => {
    const { id, client } = await anAgent();
    const answer = await sync(client, input);
    expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.errors[0]!.extensions['fields']).toEqual([
      { path: `input.${field}`, message: expect.stringMatching(/./) },
    ]);
    expect(answer.text).not.toContain('canary');
    expect(await seen(id)).toMatchObject({ lastSeenAt: null, version: null });
  });

  test('takes an agentVersion of 100 characters of any script', async () => {
    const { id, client } = await anAgent();
    const agentVersion = '版'.repeat(100);
    dataOf(await sync(client, { agentVersion }));
    expect((await seen(id)).version).toBe(agentVersion);
  });
});
