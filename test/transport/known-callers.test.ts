import fastify, { type FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { CredentialKind, makeCredential } from '../../src/access/credential';
import { knownFirst } from '../../src/transport/known-callers';
import { presented } from '../access/key-requests';
import { eventually } from '../database/embedded/data-folders';
import { startServer, type TestServer } from '../support/server';
import { rawClient } from './raw-client';

const CROWD = 200;

/** What the slow answer waits for. */
let release: () => void;
const released = new Promise<void>((resolve) => (release = resolve));

/** A server that notes who is served, in their order. It knows those who say so, and believes in whom they call for. */
async function served(): Promise<{ app: FastifyInstance; order: string[] }> {
  const app = fastify({ trustProxy: true });
  // A connection whose end is known when its turn comes.
  app.addHook('onRequest', async ({ headers, raw: { socket } }) => {
    if (headers['x-gone']) Object.defineProperty(socket, 'destroyed', { value: true });
  });
  knownFirst(app, ({ headers }) => headers.authorization === 'known');
  const order: string[] = [];
  app.get('/slow', () => released);
  app.get('/:name', async ({ params }) => void order.push((params as { name: string }).name));
  await app.ready();
  return { app, order };
}

const call = (app: FastifyInstance, name: string, headers: Record<string, string> = {}) =>
  app.inject({ url: `/${name}`, headers });

const from = (address: string) => ({ 'x-forwarded-for': address });

test('a known caller goes before all but one of the others that came earlier', async () => {
  const { app, order } = await served();
  const others = ['a', 'b', 'c'].map((name) => call(app, name, { authorization: 'other' }));
  await Promise.all([...others, call(app, 'anonymous'), call(app, 'known', { authorization: 'known' })]);
  expect(order).toEqual(['a', 'known', 'b', 'c', 'anonymous']);
});

test('while a known caller is served one of the others is every few milliseconds, and all when it is answered', async () => {
  const { app, order } = await served();
  const known = call(app, 'slow', { authorization: 'known' });
  const began = performance.now();
  await Promise.all(Array.from({ length: 20 }, (_, index) => call(app, `${index}`)));
  expect(performance.now() - began).toBeGreaterThan(19 * 4);
  const last = Array.from({ length: 500 }, (_, index) => call(app, `${20 + index}`));
  release();
  await Promise.all([known, ...last]);
  // Less than they would take one in 5 ms.
  expect(performance.now() - began).toBeLessThan(2_000);
  expect(order).toHaveLength(520);
});

test('of addresses each has its turn, however many come from one', async () => {
  const { app, order } = await served();
  const noise = ['a', 'b', 'c', 'd'].map((name) => call(app, name, from('192.0.2.1')));
  const others = ['e', 'f'].map((name) => call(app, name, from('192.0.2.2')));
  await Promise.all([...noise, ...others, call(app, 'g', from('2001:db8::1'))]);
  expect(order).toEqual(['a', 'b', 'e', 'g', 'c', 'f', 'd']);
});

test('who went away is not served', async () => {
  const { app, order } = await served();
  const requests = [call(app, 'a'), call(app, 'gone', { 'x-gone': 'yes' }), call(app, 'b')];
  await Promise.all([requests[0], requests[2]]);
  expect(order).toEqual(['a', 'b']);
});

test("an agent's request is answered before most of a crowd that came in front of it, and a wrong key's is not", async () => {
  const server = await startServer();
  const wrong = makeCredential(CredentialKind.USER_KEY).text;
  expect(await presented(server, wrong)).toBe('UNAUTHENTICATED');
  // Not at once: while a server begins to hear of changes it remembers no keys.
  await eventually(async () => {
    expect(await presented(server, server.keys.VIEWER)).toBe('VIEWER');
    return (await answeredBefore(server, requestWith(server.keys.VIEWER))) < CROWD / 2;
  });
  expect(await answeredBefore(server, requestWith(wrong))).toBeGreaterThan(CROWD / 2);
  await server.stop();
});

/** How many of a crowd are answered before a request that comes right behind them. */
async function answeredBefore({ url }: TestServer, request: string): Promise<number> {
  const clients = Array.from({ length: CROWD + 1 }, () => rawClient(url));
  // Node takes new connections one by one: these must all be there.
  for (const { socket } of clients) {
    socket.write('GET /healthz HTTP/1.1\r\nhost: rollcall\r\n\r\n');
    await once(socket, 'data');
  }
  const greetings = clients.map(({ received }) => received().length);
  const crowd = clients.slice(0, CROWD);
  const last = clients.at(-1);
  for (const { socket } of crowd) socket.write(requestWith());
  last!.socket.write(request);
  await once(last!.socket, 'data');
  const answered = crowd.filter(({ received }, index) => received().length > greetings[index]!).length;
  for (const { socket } of clients) socket.destroy();
  return answered;
}

function requestWith(key?: string): string {
  const body = '{"query":"{ __typename }"}';
  const authorization = key === undefined ? '' : `authorization: Bearer ${key}\r\n`;
  return `POST /graphql HTTP/1.1\r\nhost: rollcall\r\ncontent-type: application/json\r\n${authorization}content-length: ${body.length}\r\n\r\n${body}`;
}

test.each(['/healthz', '/readyz', '/v1/readyz'])('%s does not wait in line', async (route) => {
  const server = await startServer();
  expect(await answeredBefore(server, `GET ${route} HTTP/1.1\r\nhost: rollcall\r\n\r\n`)).toBeLessThan(CROWD / 2);
  await server.stop();
});

test('a connection over which more than 32 requests come unanswered is cut, and others are served', async () => {
  const server = await startServer();
  const within = rawClient(server.url);
  within.socket.write('GET /v1/version HTTP/1.1\r\nhost: rollcall\r\n\r\n'.repeat(32));
  await eventually(async () => within.received().split('HTTP/1.1').length === 33);
  const beyond = rawClient(server.url);
  beyond.socket.write('GET /v1/version HTTP/1.1\r\nhost: rollcall\r\n\r\n'.repeat(33));
  await beyond.ended;
  expect(await presented(server, server.keys.VIEWER)).toBe('VIEWER');
  within.socket.destroy();
  await server.stop();
});
