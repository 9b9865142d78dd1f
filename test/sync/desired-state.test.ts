import { dataOf, type GraphQLClient } from '../support/client';
import { enrol } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { factsOf, KIND_NAMES } from '../agent/agent-kinds';
import { add, addOf, placeFor, remove, update, type Host } from '../agent/agent-requests';
import { randomUUID } from 'node:crypto';

let server: TestServer;
/** The same behind a proxy on its own machine. */
let trusting: TestServer;
beforeAll(async () => {
  server = await startServer();
  trusting = await startServer({ trustedProxies: ['127.0.0.1'] });
});
afterAll(async () => {
  await server.stop();
  await trusting.stop();
});

const SYNC = `mutation ($input: SyncAgentInput!) { syncAgent(input: $input) { generation desired {
  agentId type settings { name value } secrets { name value } secretsWithheld address port socket databaseName } } }`;

const BOOT_ID = randomUUID();

interface Desired {
  agentId: string;
  type: string;
  settings: { name: string; value: string }[];
  secrets: { name: string; value: string }[];
  secretsWithheld: string | null;
  [place: string]: unknown;
}

async function aHost() {
  const { agentId, nodeId, secret } = await enrol(server.admin);
  return { nodeId, supervisorId: agentId, nodeName: '', secret, client: server.as(secret) };
}

async function told(
  client: GraphQLClient,
  generation?: number,
): Promise<{ generation: number; desired: Desired[] | null }> {
  return dataOf(await client(SYNC, { input: { bootId: BOOT_ID, generation } })).syncAgent;
}

const asMap = (settings: { name: string; value: string }[]) =>
  Object.fromEntries(settings.map(({ name, value }) => [name, value]));

test('a host agent that starts is told all that it should run, and nothing more while its generation is the current one', async () => {
  const host = await aHost();
  const [one, two] = [
    await addOf(server.editor, 'nodeExporter', host),
    await addOf(server.editor, 'postgresExporter', host),
  ];
  const { generation, desired } = await told(host.client);
  expect(desired!.map(({ agentId, type }) => [agentId, type])).toEqual([
    [one.id, 'NODE_EXPORTER'],
    [two.id, 'POSTGRES_EXPORTER'],
  ]);
  expect(await told(host.client, generation)).toEqual({ generation, desired: null });
  expect((await told(host.client, generation - 1)).desired).toEqual(desired);
});

test('a host agent without agents is told an empty list', async () => {
  const { client } = await aHost();
  expect(await told(client)).toEqual({ generation: 1, desired: [] });
});

test('a change of what it should run is told at its next sync', async () => {
  const host = await aHost();
  const { id } = await addOf(server.editor, 'postgresExporter', host);
  let { generation } = await told(host.client);
  const next = async () => {
    const answer = await told(host.client, generation);
    expect(answer.generation).toBeGreaterThan(generation);
    ({ generation } = answer);
    return answer.desired!;
  };
  await update(server.editor, id, { settings: { postgresExporter: { username: 'another' } } });
  expect(asMap((await next())[0]!.settings)['username']).toBe('another');
  await update(server.editor, id, { disabled: true });
  expect(await next()).toEqual([]);
  await update(server.editor, id, { disabled: false });
  expect(await next()).toHaveLength(1);
  await remove(server.editor, id);
  expect(await next()).toEqual([]);
});

test.each(KIND_NAMES.filter((kind) => kind !== 'externalExporter'))(
  '%s comes with its settings as text, its secrets, and where what it observes is reached',
  async (kind) => {
    const host = await aHost();
    const { settings, secrets, type } = factsOf(kind);
    const given = Object.fromEntries(
      secrets.map((secret) => [secret, secret === 'tlsKey' ? 'KEY' : `${secret} of it`]),
    );
    const place = await placeFor(server.editor, kind, host);
    const { id } = await add(server.editor, kind, { ...place, ...settings, ...given });
    const { desired } = await told(host.client);
    expect(desired).toHaveLength(1);
    const [agent] = desired!;
    expect(agent).toMatchObject({ agentId: id, type, secretsWithheld: null });
    expect(asMap(agent!.secrets)).toEqual(given);
    const expected = Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    );
    expect(asMap(agent!.settings)).toEqual(expected);
  },
);

test('the place is that of the service, or the address of the node that is observed', async () => {
  const host = await aHost();
  const { services } = dataOf(
    await server
      .editor(
        `mutation ($node: ID!) {
        tcp: addService(input: { postgresql: { nodeId: $node, name: "by-tcp-${randomUUID()}", address: "10.1.1.1", port: 5433, databaseName: "shop" } }) { service { id } }
        socket: addService(input: { mysql: { nodeId: $node, name: "by-socket-${randomUUID()}", socket: "/run/mysqld.sock" } }) { service { id } } }`,
        { node: host.nodeId },
      )
      .then((answer) => ({ ...answer, data: { services: answer.data } })),
  );
  await add(server.editor, 'postgresExporter', { ...own(host), serviceId: services.tcp.service.id, username: 'u' });
  await add(server.editor, 'mysqldExporter', { ...own(host), serviceId: services.socket.service.id, username: 'u' });
  const { desired } = await told(host.client);
  expect(desired).toMatchObject([
    { address: '10.1.1.1', port: 5433, socket: null, databaseName: 'shop' },
    { address: null, port: null, socket: '/run/mysqld.sock', databaseName: null },
  ]);
});

const own = ({ supervisorId }: Host) => ({ supervisorId });

const withSecret = async (of: TestServer, host: Host) =>
  add(of.editor, 'postgresExporter', {
    ...(await placeFor(of.editor, 'postgresExporter', host)),
    username: 'u',
    password: 'canary-password',
  });

/** As it comes through a proxy on the machine of the server, with these headers. */
async function syncThrough(of: TestServer, key: string, headers: Record<string, string>) {
  const response = await fetch(`${of.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
    body: JSON.stringify({ query: SYNC, variables: { input: { bootId: BOOT_ID } } }),
  });
  const text = await response.text();
  return { isTold: text.includes('canary-password'), desired: JSON.parse(text).data.syncAgent.desired as Desired[] };
}

describe('secrets are withheld, and why is told,', () => {
  const FROM_AFAR = { 'x-forwarded-for': '192.0.2.7' };
  const HERE = { 'x-forwarded-for': '127.0.0.1' };
  const https = { 'x-forwarded-proto': 'https' };
  const http = { 'x-forwarded-proto': 'http' };

  test.each<[string, boolean, Record<string, string>, boolean]>([
    ['a caller on this machine', false, {}, true],
    ['a caller on this machine, with a proxy that is trusted', true, {}, true],
    ['https by the word of a trusted proxy', true, { ...FROM_AFAR, ...https }, true],
    ['http by its word', true, { ...FROM_AFAR, ...http }, false],
    ['http by its word, from an address with a port', true, { 'x-forwarded-for': '192.0.2.7:4711', ...http }, false],
    ['http by its word, from nowhere', true, { 'x-forwarded-for': 'unknown', ...http }, false],
    ['http by its word, from what it calls this machine', true, { ...HERE, ...http }, false],
    ['http by its word, and nothing else', true, http, false],
    ['no word of the protocol', true, FROM_AFAR, false],
    ['http before https', true, { ...FROM_AFAR, 'x-forwarded-proto': 'http, https' }, false],
    ['https by the word of a proxy that is not trusted', false, { ...FROM_AFAR, ...https }, false],
    ['a proxy that nobody told the server of', false, { via: '1.1 proxy' }, false],
    ['another that speaks by the newer header', false, { forwarded: 'for=192.0.2.7' }, false],
  ])('but for TLS: %s', async (_, isTrusted, headers, isTold) => {
    const of = isTrusted ? trusting : server;
    const { agentId, nodeId, secret } = await enrol(of.admin);
    await withSecret(of, { supervisorId: agentId, nodeId, nodeName: '' });
    const answer = await syncThrough(of, secret, headers);
    expect(answer.isTold).toBe(isTold);
    expect(answer.desired[0]!.secretsWithheld?.includes('HTTPS') ?? false).toBe(!isTold);
  });

  test('unless a setting lets them go in the clear', async () => {
    const { sync } = server.config;
    const open = await startServer({ trustedProxies: ['127.0.0.1'], sync: { ...sync, secretsInTheClear: true } });
    const { agentId, nodeId, secret } = await enrol(open.admin);
    await withSecret(open, { supervisorId: agentId, nodeId, nodeName: '' });
    expect(await syncThrough(open, secret, { ...FROM_AFAR, ...http })).toMatchObject({ isTold: true });
    await open.stop();
  });

  test('when a former key of the host agent was used after its end, until an administrator rotates it', async () => {
    const host = await aHost();
    await withSecret(server, host);
    expect((await told(host.client)).desired![0]!.secrets).toHaveLength(1);
    await server.database.query(`UPDATE api_key SET misused_at = clock_timestamp() WHERE agent_id = $1`, [
      host.supervisorId,
    ]);
    const { desired } = await told(host.client);
    expect(desired).toMatchObject([{ secrets: [], secretsWithheld: expect.stringContaining('administrator') }]);
  });

  test('when they cannot be opened; other agents run on', async () => {
    const host = await aHost();
    const broken = await withSecret(server, host);
    const whole = await withSecret(server, host);
    await server.database.query(`UPDATE agent_secret SET key_id = 'another' WHERE agent_id = $1`, [broken.id]);
    const { desired } = await told(host.client);
    expect(desired).toMatchObject([
      { agentId: broken.id, secrets: [], secretsWithheld: expect.stringContaining('another') },
      { agentId: whole.id, secrets: [{ name: 'password', value: 'canary-password' }], secretsWithheld: null },
    ]);
  });

  test('and of an agent that has none nothing is said', async () => {
    const host = await aHost();
    await addOf(server.editor, 'nodeExporter', host);
    await server.database.query(`UPDATE api_key SET misused_at = clock_timestamp() WHERE agent_id = $1`, [
      host.supervisorId,
    ]);
    expect((await told(host.client)).desired).toMatchObject([{ secrets: [], secretsWithheld: null }]);
  });
});

test('no secret of an agent is in the log or the audit trail', async () => {
  const host = await aHost();
  await add(server.editor, 'postgresExporter', {
    ...(await placeFor(server.editor, 'postgresExporter', host)),
    username: 'u',
    password: 'canary-in-the-log',
  });
  expect((await told(host.client)).desired![0]!.secrets).toEqual([{ name: 'password', value: 'canary-in-the-log' }]);
  expect(server.log.join('\n')).not.toContain('canary-in-the-log');
  const [row] = await server.database.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM audit_event AS event WHERE to_jsonb(event)::text LIKE '%canary-in-the-log%') AS found`,
  );
  expect(row!.found).toBe(false);
});
