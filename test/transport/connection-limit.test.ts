import { once } from 'node:events';
import { CredentialKind, makeCredential } from '../../src/access/credential';
import { eventually } from '../database/embedded/data-folders';
import { issueToken } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { temporaryFolder } from '../support/process';
import { rawClient, type RawClient } from './raw-client';
import { selfSignedFiles } from './self-signed-files';

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

async function many(count: number): Promise<RawClient[]> {
  const opened = [];
  for (let index = 0; index < count; index++) opened.push(await connectFrom('127.0.0.2'));
  return opened;
}

/** As many as there may be, another key shown over each. */
async function manyWithKeys(): Promise<RawClient[]> {
  const opened = await many(MOST);
  const keys = [server.keys.ADMIN, server.keys.EDITOR, server.keys.VIEWER];
  for (const [index, client] of opened.entries()) expect(await showKey(client, keys[index]!)).toBe(200);
  return opened;
}

function versionRequest(key: string): string {
  return `GET /v1/version HTTP/1.1\r\nhost: rollcall\r\nauthorization: Bearer ${key}\r\n\r\n`;
}

/** The status with which a request with the key is answered. */
async function showKey({ socket, received }: RawClient, key: string): Promise<number> {
  socket.write(versionRequest(key));
  await once(socket, 'data');
  return Number(received().split(' ')[1]);
}

/** Whether a connection is served, or closed without a word. */
async function isServed(client: RawClient): Promise<boolean> {
  const before = client.received().length;
  client.socket.write(HEALTH);
  await Promise.race([once(client.socket, 'data'), client.ended]);
  return client.received().slice(before).startsWith('HTTP/1.1 200');
}

test('as many connections as limits.connections_per_address are served, and one more has the oldest closed', async () => {
  const [oldest, ...others] = await many(MOST);
  for (const client of [oldest!, ...others]) expect(await isServed(client)).toBe(true);

  const beyond = await connectFrom('127.0.0.2');
  await oldest!.ended;

  for (const client of [...others, beyond]) expect(await isServed(client)).toBe(true);
});

test('a connection over which a good key was shown stays, however many others come', async () => {
  const agent = await connectFrom('127.0.0.2');
  expect(await showKey(agent, server.keys.VIEWER)).toBe(200);
  const noise = await many(4 * MOST);
  await Promise.all(noise.slice(0, -MOST + 1).map(({ ended }) => ended));
  expect(await isServed(agent)).toBe(true);
  expect(await isServed(noise.at(-1)!)).toBe(true);
});

test('a wrong key is no good key', async () => {
  const guesser = await connectFrom('127.0.0.2');
  expect(await showKey(guesser, makeCredential(CredentialKind.USER_KEY).text)).toBe(401);
  await many(MOST);
  await guesser.ended;
});

test('when another good key was shown over each of them, one more is closed before anything is read of it', async () => {
  const agents = await manyWithKeys();
  const beyond = await connectFrom('127.0.0.2');
  expect(await isServed(beyond)).toBe(false);
  expect(beyond.received()).toBe('');
  for (const agent of agents) expect(await isServed(agent)).toBe(true);
});

test('when one key was shown over all of them, the oldest is closed for one more', async () => {
  const [oldest, ...others] = await many(MOST);
  for (const client of [oldest!, ...others]) expect(await showKey(client, server.keys.VIEWER)).toBe(200);
  const beyond = await connectFrom('127.0.0.2');
  await oldest!.ended;
  for (const client of [...others, beyond]) expect(await isServed(client)).toBe(true);
});

test('a connection over which a wrong key is shown after a good one gives way again', async () => {
  const [former, ...others] = await manyWithKeys();
  const { received } = former!;
  const before = received().length;
  former!.socket.write(versionRequest(makeCredential(CredentialKind.USER_KEY).text));
  await eventually(async () => received().length > before);
  expect(received().slice(before)).toContain('HTTP/1.1 401');
  const beyond = await connectFrom('127.0.0.2');
  await former!.ended;
  for (const client of [...others, beyond]) expect(await isServed(client)).toBe(true);
});

test('a right registration token counts as a good key does', async () => {
  const { secret } = await issueToken(server.admin);
  const enrolling = await connectFrom('127.0.0.2');
  const body = JSON.stringify({ token: secret, hostname: '-' });
  enrolling.socket.write(
    `POST /api/v1/register HTTP/1.1\r\nhost: rollcall\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  await once(enrolling.socket, 'data');
  expect(enrolling.received()).toContain('BAD_USER_INPUT');
  const noise = await many(2 * MOST);
  await noise[MOST]!.ended;
  expect(await isServed(enrolling)).toBe(true);
});

test('one that is reset and opened anew from the same port counts once, and can be closed', async () => {
  const port = 40_000 + Math.floor(Math.random() * 20_000);
  const reset = rawClient(server.url, { from: '127.0.0.2', port });
  clients.push(reset);
  await once(reset.socket, 'connect');
  reset.socket.resetAndDestroy();
  await reset.ended;
  const anew = rawClient(server.url, { from: '127.0.0.2', port });
  clients.push(anew);
  await once(anew.socket, 'connect');
  expect(await isServed(anew)).toBe(true);
  await many(MOST);
  expect(await anew.ended).toBeGreaterThan(0);
});

test('another address has connections of its own', async () => {
  const only = await connectFrom('127.0.0.3');
  await many(2 * MOST);
  expect(await isServed(only)).toBe(true);
});

test('a connection that ended makes room for another', async () => {
  await manyWithKeys();
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
  await many(MOST + 20);
  await Promise.all(clients.slice(0, 20).map(({ ended }) => ended));
  const told = server.log.filter((line) => line.includes('limits.connections_per_address'));
  expect(told).toHaveLength(1);
  expect(JSON.parse(told[0]!)).toMatchObject({ level: 40, address: '127.0.0.2' });
});

test('with TLS, too, a connection over which a good key was shown stays', async () => {
  await server.stop();
  const folder = temporaryFolder();
  server = await startServer({
    limits: { connectionsPerAddress: MOST },
    tls: { ...selfSignedFiles(folder.path), minVersion: 'TLSv1.2' },
  });
  server.url = server.url.replace('http:', 'https:');
  const agent = await connectFrom('127.0.0.2');
  expect(await showKey(agent, server.keys.VIEWER)).toBe(200);
  const noise = await many(3 * MOST);
  await Promise.all(noise.slice(0, MOST).map(({ ended }) => ended));
  expect(await isServed(agent)).toBe(true);
  folder.remove();
});
