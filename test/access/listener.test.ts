import { pino } from 'pino';
import { startListener, type Listener } from '../../src/database/listener';
import { socketPath } from '../../src/database/embedded/socket-folder';
import { eventually } from '../database/embedded/data-folders';
import { startProxy, type Proxy } from '../end-to-end/proxy';
import { createDatabase, type TestDatabase } from '../support/database';

let database: TestDatabase;
let proxy: Proxy;
let listener: Listener;
let heard: string[];
let returns: number;
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

beforeEach(async () => {
  const { host, ...place } = database.place;
  proxy = await startProxy({ path: socketPath(host) }, (end) => void ends.push(end));
  [heard, returns] = [[], 0];
  listener = startListener({
    connection: { ...place, host: '127.0.0.1', port: proxy.port },
    channel: 'test_channel',
    heard: (payload) => void heard.push(payload),
    back: () => void returns++,
    log: pino({ level: 'silent' }),
  });
  await eventually(async () => listener.isUp());
});
afterEach(async () => {
  await listener.stop();
  for (const end of ends.splice(0)) await end();
});

function announce(payload: string, channel = 'test_channel'): Promise<unknown> {
  return database.query('SELECT pg_notify($1, $2)', [channel, payload]);
}

test('it hears what is announced on its channel, in order, and not its own echo', async () => {
  await announce('elsewhere', 'another_channel');
  for (const payload of ['one', 'two']) await announce(payload);
  await eventually(async () => heard.length >= 2);
  expect(heard).toEqual(['one', 'two']);
});

test('it is down as soon as its connection is cut, and says when it is back', async () => {
  await proxy.become('closed');
  await eventually(async () => !listener.isUp());
  expect(returns).toBe(1);
  await announce('unheard');
  await proxy.become('open');
  await eventually(async () => listener.isUp());
  expect(returns).toBe(2);
  await announce('heard');
  await eventually(async () => heard.length > 0);
  expect(heard).toEqual(['heard']);
});

test('it is down when its connection falls silent without an end, and up again when it may connect', async () => {
  await proxy.become('silent');
  await eventually(async () => !listener.isUp());
  await proxy.become('open');
  await eventually(async () => listener.isUp());
  expect(returns).toBe(2);
});

test.each(['open', 'closed', 'silent'] as const)('it stops while its connection is %s, for good', async (state) => {
  await proxy.become(state);
  await listener.stop();
  await proxy.become('open');
  await eventually(async () => (await listening()) === 0);
  expect(heard).toEqual([]);
});

async function listening(): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'rollcall listener' AND client_addr IS NULL`,
  );
  return row!.count;
}
