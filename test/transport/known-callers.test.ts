import fastify, { type FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { CredentialKind, makeCredential } from '../../src/access/credential';
import { knownFirst } from '../../src/transport/known-callers';
import { presented } from '../access/key-requests';
import { startServer, type TestServer } from '../support/server';
import { rawClient } from './raw-client';

const CROWD = 200;

/** A server that notes who is served, in their order. */
async function served(mostKnown?: number): Promise<{ app: FastifyInstance; order: string[] }> {
  const app = fastify();
  const known = knownFirst(app, mostKnown);
  const order: string[] = [];
  app.get('/:name', async ({ params }) => void order.push((params as { name: string }).name));
  app.get('/greet', async (request) => known.greet(request));
  app.get('/forget', async (request) => known.forget(request));
  await app.ready();
  return { app, order };
}

/** The turn in which the former caller is served is over. */
const idle = () => new Promise((resolve) => setImmediate(resolve));

const call = (app: FastifyInstance, name: string, authorization?: string) =>
  app.inject({ url: `/${name}`, headers: authorization === undefined ? {} : { authorization } });

test('a caller who has shown a good key goes before all but one of those who came earlier and have not', async () => {
  const { app, order } = await served();
  await call(app, 'greet', 'Bearer good');
  await idle();
  await Promise.all([
    ...['a', 'b', 'c'].map((name) => call(app, name, `Bearer ${name}`)),
    call(app, 'anonymous'),
    call(app, 'known', 'Bearer good'),
  ]);
  expect(order).toEqual(['a', 'known', 'b', 'c', 'anonymous']);
});

test('one who is forgotten waits as all others', async () => {
  const { app, order } = await served();
  await call(app, 'greet', 'Bearer good');
  await call(app, 'forget', 'Bearer good');
  await Promise.all([call(app, 'a'), call(app, 'b'), call(app, 'former', 'Bearer good')]);
  expect(order).toEqual(['a', 'b', 'former']);
});

test('no more callers are remembered than the bound, those of the last half of it for sure', async () => {
  const { app, order } = await served(4);
  for (const name of ['1', '2', '3', '4', '5']) await call(app, 'greet', name);
  await idle();
  await Promise.all([call(app, 'a'), call(app, 'b'), ...['1', '4', '5'].map((name) => call(app, name, name))]);
  expect(order).toEqual(['a', '4', '5', 'b', '1']);
});

test("an agent's request is answered before most of a crowd that came in front of it, and a wrong key's is not", async () => {
  const server = await startServer();
  const wrong = makeCredential(CredentialKind.USER_KEY).text;
  expect(await presented(server, server.keys.VIEWER)).toBe('VIEWER');
  expect(await presented(server, wrong)).toBe('UNAUTHENTICATED');
  expect(await answeredBefore(server, server.keys.VIEWER)).toBeLessThan(CROWD / 2);
  expect(await answeredBefore(server, wrong)).toBeGreaterThan(CROWD / 2);
  await server.stop();
});

/** How many of a crowd are answered before a request with a key that comes right behind them. */
async function answeredBefore({ url }: TestServer, key: string): Promise<number> {
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
  last!.socket.write(requestWith(key));
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
