import { randomUUID } from 'node:crypto';
import { makeKeyText, parseKey } from '../../src/secret/encryption-key';
import { openSecret } from '../../src/secret/secret-box';
import { clearSecrets, createSecrets, secretsSet, type GivenSecrets } from '../../src/secret/secrets';
import { dataOf } from '../support/client';
import { makeHostAgent, makeNode } from '../support/inventory';
import { startServer, type TestServer } from '../support/server';

const key = parseKey(makeKeyText())!;
const secrets = createSecrets(key);
const CANARY = 'canary-hunter2-Zq7';

let server: TestServer;
let node: string;
let agent: string;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());
beforeEach(async () => {
  node = await makeNode(server.database);
  agent = await makeHostAgent(server.database, node);
});

const FORMER = { password: 'former', tlsKey: 'former' };

test.each<[string, GivenSecrets, object, object]>([
  ['nothing changes nothing', {}, {}, FORMER],
  ['what is absent stays', { password: undefined }, {}, FORMER],
  ['null clears', { password: null }, { password: ['set', null] }, { tlsKey: 'former' }],
  ['null clears what is not there, which is no change', { clientSecret: null }, {}, FORMER],
  ['a value sets', { clientSecret: 'new' }, { clientSecret: [null, 'set'] }, { ...FORMER, clientSecret: 'new' }],
  [
    'a value takes the place of another',
    { password: 'new' },
    { password: ['set', 'set anew'] },
    { ...FORMER, password: 'new' },
  ],
  ['the same value is told like any other', { password: 'former' }, { password: ['set', 'set anew'] }, FORMER],
  ['an empty value is a value', { password: '' }, { password: ['set', 'set anew'] }, { ...FORMER, password: '' }],
  [
    'all at once',
    { password: null, tlsKey: 'new', clientSecret: 'new', awsSecretKey: undefined },
    { clientSecret: [null, 'set'], password: ['set', null], tlsKey: ['set', 'set anew'] },
    { tlsKey: 'new', clientSecret: 'new' },
  ],
])('%s', async (_, given, told, left) => {
  const neighbour = await makeHostAgent(server.database, await makeNode(server.database));
  await store(neighbour, FORMER);
  await store(agent, FORMER);
  const changes = await store(agent, given);
  expect(Object.fromEntries(changes.map(({ field, before, after }) => [field, [before, after]]))).toEqual(told);
  expect(await opened(agent)).toEqual(left);
  expect(await opened(neighbour)).toEqual(FORMER);
});

test('a transaction that fails stores nothing and clears nothing', async () => {
  await store(agent, FORMER);
  const failing = server.database.dataSource.transaction(async (tx) => {
    await secrets.storeSecrets(tx, agent, { password: null, clientSecret: 'new' });
    throw new Error('taken back');
  });
  await expect(failing).rejects.toThrow('taken back');
  expect(await opened(agent)).toEqual(FORMER);
});

test('secrets of several agents are cleared at once, and nobody else’s; what went is told by agent', async () => {
  const [other, bare, stranger] = await Promise.all(
    [1, 2, 3].map(async () => makeHostAgent(server.database, await makeNode(server.database))),
  );
  await store(agent, FORMER);
  await store(other!, { clientSecret: 'new' });
  await store(stranger!, FORMER);
  const told = await server.database.dataSource.transaction((tx) => clearSecrets(tx, [agent, other!, bare!]));
  expect(told).toEqual(
    new Map<string, object>([
      [
        agent,
        [
          { field: 'password', before: 'set', after: null },
          { field: 'tlsKey', before: 'set', after: null },
        ],
      ],
      [other!, [{ field: 'clientSecret', before: 'set', after: null }]],
    ]),
  );
  expect(await Promise.all([agent, other!, stranger!].map(opened))).toEqual([{}, {}, FORMER]);
});

test('which secrets are set is told by agent; who has none is left out', async () => {
  const bare = await makeHostAgent(server.database, await makeNode(server.database));
  await store(agent, { ...FORMER, clientSecret: null });
  const set = await secretsSet(server.database.dataSource.manager, [agent, bare, randomUUID()]);
  expect([...set]).toEqual([[agent, new Set(['password', 'tlsKey'])]]);
});

describe('a server without a key', () => {
  const keyless = createSecrets(null);

  test('refuses a value with FAILED_PRECONDITION that names the setting and not the value, and changes nothing', async () => {
    await store(agent, FORMER);
    const storing = server.database.dataSource.transaction((tx) =>
      keyless.storeSecrets(tx, agent, { tlsKey: null, password: CANARY }),
    );
    const error = await storing.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'FAILED_PRECONDITION',
      message:
        'This server has no key to encrypt secrets with: set ROLLCALL_ENCRYPTION_KEY_FILE to a file that holds one (openssl rand -base64 32).',
      details: {},
    });
    expect(await opened(agent)).toEqual(FORMER);
  });

  test('still clears', async () => {
    await store(agent, FORMER);
    await server.database.dataSource.transaction((tx) => keyless.storeSecrets(tx, agent, { password: null }));
    expect(await opened(agent)).toEqual({ tlsKey: 'former' });
  });
});

test('a removed agent takes its secrets with it', async () => {
  await store(agent, FORMER);
  const removal = 'mutation ($input: RemoveNodeInput!) { removeNode(input: $input) { nodeId } }';
  dataOf(await server.editor(removal, { input: { id: node, force: true } }));
  expect(await opened(agent)).toEqual({});
});

test('no row of any table has a secret in it, however it is written', async () => {
  const changes = await store(agent, { password: CANARY, tlsKey: CANARY });
  const dump = `${await dumped()}\n${JSON.stringify(changes)}`;
  expect(dump).toContain(key.id);
  for (const encoding of ['utf8', 'hex', 'base64'] as const)
    expect(dump).not.toContain(Buffer.from(CANARY).toString(encoding).replace(/=+$/, '').slice(0, -1));
});

function store(agentId: string, given: GivenSecrets) {
  return server.database.dataSource.transaction((tx) => secrets.storeSecrets(tx, agentId, given));
}

/** The secrets of an agent as the database has them, by field. */
async function opened(agentId: string): Promise<Record<string, string>> {
  const rows = await server.database.query<{ field: string; keyId: string; sealed: Buffer }>(
    'SELECT field, key_id AS "keyId", sealed FROM agent_secret WHERE agent_id = $1',
    [agentId],
  );
  return Object.fromEntries(rows.map(({ field, ...box }) => [field, openSecret(key, { agentId, field }, box)]));
}

async function dumped(): Promise<string> {
  const { query } = server.database;
  const tables = await query<{ name: string }>(
    `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
  );
  const rows = await Promise.all(
    tables.map(({ name }) => query<{ row: string }>(`SELECT row::text FROM ${name} AS row`)),
  );
  return rows.flatMap((table) => table.map(({ row }) => row)).join('\n');
}
