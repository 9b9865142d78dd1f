import { once } from 'node:events';
import { startServer, type TestServer } from '../support/server';
import { rawClient, type RawClient } from './raw-client';

const MOST = 3;
const HEALTH = 'GET /healthz HTTP/1.1\r\nhost: rollcall\r\n\r\n';

let server: TestServer;
let clients: RawClient[];
beforeEach(async () => {
  clients = [];
  server = await startServer({ limits: { connectionsPerAddress: MOST }, trustedProxies: ['127.0.0.8/30'] });
});
afterEach(async () => {
  for (const { socket } of clients) socket.destroy();
  await server.stop();
});

async function connectFrom(from: string): Promise<RawClient> {
  const client = rawClient(server.url, { from });
  clients.push(client);
  await once(client.socket, 'connect');
  return client;
}

/** Whether a connection is served, or closed without a word. */
async function isServed(client: RawClient): Promise<boolean> {
  client.socket.write(HEALTH);
  await Promise.race([once(client.socket, 'data'), client.ended]);
  return client.received().startsWith('HTTP/1.1 200');
}

test('as many connections as limits.connections_per_address are served, and one more is closed at once', async () => {
  const served = [];
  for (let count = 0; count < MOST; count++) served.push(await connectFrom('127.0.0.2'));
  for (const client of served) expect(await isServed(client)).toBe(true);

  const beyond = await connectFrom('127.0.0.2');
  await beyond.ended;

  expect(beyond.received()).toBe('');
  for (const client of served) expect(await isServed(client)).toBe(true);
});

test('another address has connections of its own', async () => {
  for (let count = 0; count <= MOST; count++) await connectFrom('127.0.0.2');
  expect(await isServed(await connectFrom('127.0.0.3'))).toBe(true);
});

test('a connection that ended makes room for another', async () => {
  for (let count = 0; count < MOST; count++) await connectFrom('127.0.0.2');
  expect(await isServed(await connectFrom('127.0.0.2'))).toBe(false);
  clients[0]!.socket.destroy();
  let served = false;
  // The server hears of the end a little later.
  for (const deadline = performance.now() + 5_000; !served && performance.now() < deadline;)
    served = await isServed(await connectFrom('127.0.0.2'));
  expect(served).toBe(true);
});

test('a trusted proxy may have any number', async () => {
  for (let count = 0; count < MOST + 5; count++) expect(await isServed(await connectFrom('127.0.0.9'))).toBe(true);
});

test('connections beyond the limit are told once, however many they are', async () => {
  for (let count = 0; count < MOST + 20; count++) await connectFrom('127.0.0.2');
  await Promise.all(clients.slice(MOST).map(({ ended }) => ended));
  const told = server.log.filter((line) => line.includes('limits.connections_per_address'));
  expect(told).toHaveLength(1);
  expect(JSON.parse(told[0]!)).toMatchObject({ level: 40, address: '127.0.0.2' });
});
