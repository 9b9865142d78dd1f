import { once } from 'node:events';
import path from 'node:path';
import { Agent, request } from 'undici';
import { openStage } from '../end-to-end/stage';
import { selfSignedFiles } from './self-signed-files';
import type { ServerProcess } from '../support/process';
import { rawClient, trickle, type RawClient } from './raw-client';

jest.setTimeout(90_000);

const stage = openStage(afterEach);

const HEADERS = `POST /graphql HTTP/1.1\r\nhost: rollcall\r\nx-slow: ${'a'.repeat(1_000)}`;
const BODY_TO_COME =
  'POST /graphql HTTP/1.1\r\nhost: rollcall\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n';
const SHORT_TIMES = {
  ROLLCALL_LIMITS_ANONYMOUS_REQUESTS_PER_MINUTE: '10000000',
  ROLLCALL_TIMEOUTS_HEADERS: '1s',
  ROLLCALL_TIMEOUTS_BODY: '2s',
  ROLLCALL_LIMITS_CONNECTIONS_PER_ADDRESS: '500',
};
/** Beyond its time, on a machine that is busy with other tests. */
const SOON_MS = 5_000;

async function startServer(environment: Record<string, string> = {}): Promise<ServerProcess> {
  const database = await stage.database();
  return stage.serve(stage.folder(), { DATABASE_URL: database.url, ...SHORT_TIMES, ...environment });
}

/** Asks over and over while something runs, several at a time; each must be answered. Gives how many were. */
async function fastClients({ url }: ServerProcess, meanwhile: () => Promise<unknown>): Promise<number> {
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  const over = new AbortController();
  let answered = 0;
  const clients = Array.from({ length: 4 }, async () => {
    while (!over.signal.aborted) {
      const { statusCode, body } = await request(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"query":"{ version { version } }"}',
        dispatcher,
      });
      await body.dump();
      expect(statusCode).toBe(200);
      answered++;
    }
  });
  await meanwhile().finally(() => over.abort());
  await Promise.all(clients);
  await dispatcher.close();
  return answered;
}

/** Many slow clients from one address, a byte at a time each. */
function slowClients(url: string, from: string, count: number, first: string, rest: string): RawClient[] {
  return Array.from({ length: count }, () => {
    const client = rawClient(url, { from });
    client.socket.once(url.startsWith('https') ? 'secureConnect' : 'connect', () => {
      client.socket.write(first);
      trickle(client, rest, 100);
    });
    return client;
  });
}

async function expectCut(clients: RawClient[], seconds: number): Promise<void> {
  const times = await Promise.all(clients.map(({ ended }) => ended));
  expect(Math.min(...times)).toBeGreaterThan(seconds * 1000 - 100);
  expect(Math.max(...times)).toBeLessThan(seconds * 1000 + SOON_MS);
}

/** What the heap of the server holds on to, in MB. */
async function heapOf(server: ServerProcess, report: number): Promise<number> {
  server.child.kill('SIGUSR2');
  const [, bytes] = await server.says(new RegExp(`heap ${report}: (\\d+)`));
  return Number(bytes) / 1e6;
}

test('slow clients by the hundred are cut soon after their time, fast ones are answered all the while, and memory stays flat', async () => {
  const server = await startServer({ NODE_OPTIONS: `--require ${path.join(__dirname, 'report-heap.cjs')}` });
  const wave = async () => {
    const withHeaders = slowClients(server.url, '127.0.0.2', 250, HEADERS.slice(0, 20), HEADERS.slice(20));
    const withBodies = slowClients(server.url, '127.0.0.3', 250, BODY_TO_COME, ' ');
    const silent = Array.from({ length: 100 }, () => rawClient(server.url, { from: '127.0.0.4' }));
    await Promise.all([expectCut(withHeaders, 1), expectCut(withBodies, 2), expectCut(silent, 1)]);
    // A byte that comes while the connection is closed keeps the answer from some of them.
    for (const clients of [withHeaders, withBodies]) {
      const answers = clients.map((client) => client.received().slice(0, 12)).filter((answer) => answer !== '');
      expect(new Set(answers)).toEqual(new Set(['HTTP/1.1 408']));
    }
  };
  const heap: number[] = [];

  const answered = await fastClients(server, async () => {
    for (let waves = 1; waves <= 4; waves++) {
      await wave();
      heap.push(await heapOf(server, waves));
    }
  });

  expect(answered).toBeGreaterThan(200);
  // The first wave grows what is kept for good, such as compiled code. A connection that is held on to takes some 10 kB.
  expect(heap.at(-1)! - heap[0]!).toBeLessThan(4);
});

test('TLS handshakes that never come, or come a byte at a time, are cut, and others are served meanwhile', async () => {
  const { certFile, keyFile } = selfSignedFiles(stage.folder());
  const server = await startServer({
    ROLLCALL_TLS_CERT: certFile,
    ROLLCALL_TLS_KEY: keyFile,
    ROLLCALL_TIMEOUTS_BODY: '1m',
  });
  // The beginning of a ClientHello of 512 bytes (RFC 8446, 5.1 and 4).
  const hello = '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03';

  const answered = await fastClients(server, async () => {
    const silent = Array.from({ length: 200 }, () => rawClient(server.url, { from: '127.0.0.2', handshake: false }));
    const slow = Array.from({ length: 200 }, () => rawClient(server.url, { from: '127.0.0.3', handshake: false }));
    for (const client of slow) trickle(client, hello, 100);
    const withHeaders = slowClients(server.url, '127.0.0.4', 50, HEADERS.slice(0, 20), HEADERS.slice(20));
    await Promise.all([expectCut(silent, 1), expectCut(slow, 1), expectCut(withHeaders, 1)]);
  });

  expect(answered).toBeGreaterThan(20);
});

test('a connection that is kept is closed after timeouts.idle and not before, and its next request has as little time for its headers as the first', async () => {
  // Longer than Node's own five seconds.
  const server = await startServer({ ROLLCALL_TIMEOUTS_IDLE: '7s', ROLLCALL_TIMEOUTS_BODY: '1m' });
  const kept = async () => {
    const client = rawClient(server.url);
    client.socket.write('GET /healthz HTTP/1.1\r\nhost: rollcall\r\n\r\n');
    await once(client.socket, 'data');
    return client;
  };
  const [idle, slow] = await Promise.all([kept(), kept()]);
  trickle(slow, HEADERS, 100);

  await Promise.all([expectCut([idle], 7), expectCut([slow], 1)]);

  expect(idle.received()).toMatch(/^HTTP\/1.1 200 [^]*\{\}$/);
  expect(slow.received()).toMatch(/^HTTP\/1.1 200 [^]*\{\}(?:HTTP\/1.1 408 |$)/);
});
