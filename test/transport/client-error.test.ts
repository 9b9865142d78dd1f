import { startServer, type TestServer } from '../support/server';
import { eventually } from '../database/embedded/data-folders';
import { rawClient } from './raw-client';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

const BODY = JSON.stringify({ query: '{ nodes { totalCount } }' });
const REQUEST = `POST /graphql HTTP/1.1\r\nhost: a\r\nauthorization: Bearer KEY\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`;

test('what is no request is answered as such', async () => {
  const client = rawClient(server.url);
  client.socket.write('BAD\r\n\r\n');
  await client.ended;
  expect(client.received()).toContain('HTTP/1.1 400');
});

test('behind a request that waits for its answer it gets none: that would be taken for the answer', async () => {
  const holder = await server.database.connect();
  await holder.query('BEGIN');
  await holder.query('LOCK TABLE node');
  const client = rawClient(server.url);
  client.socket.write(REQUEST.replace('KEY', server.keys.VIEWER));
  await eventually(async () => {
    const waiting = await server.database.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return waiting.length === 1;
  });
  client.socket.write('BAD\r\n\r\n');
  await client.ended;
  await holder.query('ROLLBACK');
  expect(client.received()).toBe('');
});
