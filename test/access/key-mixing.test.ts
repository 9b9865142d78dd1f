import { Client, Pool, type Dispatcher } from 'undici';
import { dataOf } from '../support/client';
import { enrol } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';

jest.setTimeout(120_000);

const REQUESTS = 10_000;
const PARALLEL = 50;
const ROLES = ['VIEWER', 'ADMIN'] as const;
type UserRole = (typeof ROLES)[number];

/** An operation, and what each role is told; what its answer says is compared as it came. */
interface Question {
  query: string;
  told: (role: UserRole) => object;
}

const ROLE: Question = { query: '{ caller { role } }', told: (role) => ({ data: { caller: { role } } }) };

/** The rule of rotatedFrom, which is for an ADMIN alone, is looked at after a wait for the database. */
const LATE: Question = {
  query: '{ caller { apiKey { role rotatedFrom { id } } } }',
  told: (role) => ({
    ...(role === 'VIEWER' && {
      errors: [
        {
          message: 'This needs the role ADMIN; the key has VIEWER.',
          locations: [{ line: 1, column: 26 }],
          path: ['caller', 'apiKey', 'rotatedFrom'],
          extensions: { code: 'FORBIDDEN' },
        },
      ],
    }),
    data: { caller: { apiKey: { role, rotatedFrom: null } } },
  }),
};

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

/** Asks with keys of two roles by turns, so many at a time, and gives the answers that are another role's. */
async function mixed(dispatcher: Dispatcher, atOnce: number, { query, told }: Question, requests = REQUESTS) {
  const strangers: string[] = [];
  let next = 0;
  const one = async () => {
    for (let index = next++; index < requests; index = next++) {
      const role = ROLES[index % 2]!;
      const { body } = await dispatcher.request({
        path: '/graphql',
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${server.keys[role]}` },
        body: JSON.stringify({ query }),
      });
      const text = await body.text();
      if (text !== `${JSON.stringify(told(role))}\n`) strangers.push(`${role}: ${text}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return strangers;
}

test('10,000 requests on one connection, with keys of two roles by turns, are each answered for their own', async () => {
  let connections = 0;
  server.app.server.on('connection', () => connections++);
  const client = new Client(server.url);
  expect(await mixed(client, 1, ROLE)).toEqual([]);
  await client.close();
  expect(connections).toBe(1);
});

test('10,000 requests, 50 in parallel, with keys of two roles by turns, are each answered for their own', async () => {
  const pool = new Pool(server.url, { connections: PARALLEL });
  expect(await mixed(pool, PARALLEL, ROLE)).toEqual([]);
  await pool.close();
});

test('500 requests, 50 in parallel, are each judged by their own key after a wait for the database, too', async () => {
  const pool = new Pool(server.url, { connections: PARALLEL });
  expect(await mixed(pool, PARALLEL, LATE, 500)).toEqual([]);
  await pool.close();
});

test('what was read for one request is read anew for the next, whoever sends it', async () => {
  const { agentId, nodeId } = await enrol(server.admin);
  const read = `{ agent(id: "${agentId}") { version runsOn { id region } } }`;
  for (const [client, told] of [
    [server.admin, 'one'],
    [server.viewer, 'two'],
    [server.admin, 'three'],
  ] as const) {
    await server.database.query('UPDATE agent SET version = $2 WHERE id = $1', [agentId, told]);
    await server.database.query('UPDATE node SET region = $2 WHERE id = $1', [nodeId, told]);
    expect(dataOf(await client(read)).agent).toEqual({ version: told, runsOn: { id: nodeId, region: told } });
  }
});
