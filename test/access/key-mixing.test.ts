import { Client, Pool, type Dispatcher } from 'undici';
import { startServer, type TestServer } from '../support/server';

jest.setTimeout(120_000);

const REQUESTS = 10_000;
const PARALLEL = 50;
const ROLES = ['VIEWER', 'ADMIN'] as const;
const BODY = JSON.stringify({ query: '{ caller { role } }' });

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

/** Sends requests with keys of two roles by turns, so many at a time, and gives those whose answer is of another. */
async function mixed(dispatcher: Dispatcher, atOnce: number): Promise<string[]> {
  const strangers: string[] = [];
  let next = 0;
  const one = async () => {
    for (let index = next++; index < REQUESTS; index = next++) {
      const role = ROLES[index % 2]!;
      const { body } = await dispatcher.request({
        path: '/graphql',
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${server.keys[role]}` },
        body: BODY,
      });
      const told = await body.text();
      if (told !== `{"data":{"caller":{"role":"${role}"}}}\n`) strangers.push(`${role}: ${told}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return strangers;
}

test('10,000 requests on one connection, with keys of two roles by turns, are each answered for their own', async () => {
  let connections = 0;
  server.app.server.on('connection', () => connections++);
  const client = new Client(server.url);
  expect(await mixed(client, 1)).toEqual([]);
  await client.close();
  expect(connections).toBe(1);
});

test('10,000 requests, 50 in parallel, with keys of two roles by turns, are each answered for their own', async () => {
  const pool = new Pool(server.url, { connections: PARALLEL });
  expect(await mixed(pool, PARALLEL)).toEqual([]);
  await pool.close();
});
