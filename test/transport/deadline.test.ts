import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Client } from 'pg';
import { until, waitingStatements } from '../enrolment/roll';
import { makeNode, makeService } from '../support/inventory';
import { statementsOf } from '../support/reader';
import { startServer, testConfig, type TestServer } from '../support/server';
import { rawClient } from './raw-client';

const SECONDS = 1;

let server: TestServer;
beforeEach(async () => {
  server = await startServer({ timeouts: { ...testConfig().timeouts, requestSeconds: SECONDS } });
});
afterEach(() => server.stop());

async function lock(table: string): Promise<Client> {
  const holder = await server.database.connect();
  await holder.query('BEGIN');
  await holder.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  return holder;
}

const OVERDUE = {
  code: 'UNAVAILABLE',
  message: expect.stringMatching(/^There was no answer within 1 s \(timeouts\.request\)\. A change may have been made/),
};

test('an answer that takes longer than timeouts.request is UNAVAILABLE, with the time after which to try again', async () => {
  await lock('node');
  const { status, headers, errors } = await server.viewer('{ nodes { totalCount } }');
  const { code, message } = OVERDUE;
  expect({ status, retryAfter: headers.get('retry-after') }).toEqual({ status: 503, retryAfter: '5' });
  expect(errors).toEqual([{ message, extensions: { code, retryAfterSeconds: 5 } }]);
});

test('the same on a plain route', async () => {
  await lock('migrations');
  const answer = await fetch(`${server.url}/readyz`);
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('5');
  expect(await answer.json()).toEqual({ error: { ...OVERDUE, request_id: answer.headers.get('x-request-id') } });
});

test('an answer in time is not touched, and another on the same connection is none the later for it', async () => {
  for (let count = 0; count < 3; count++) expect((await server.viewer('{ nodes { totalCount } }')).errors).toEqual([]);
});

test('nothing more is read for an answer that is overdue, and nothing that was asked is logged', async () => {
  await makeService(server.database, await makeNode(server.database));
  const holder = await lock('node');
  const query = '{ nodes { nodes { name services(filter: { cluster: { eq: "canary" } }) { nodes { name } } } } }';
  const statements = await statementsOf(server.database, async () => {
    const answer = await fetch(`${server.url}/graphql?query=${encodeURIComponent(query)}`, {
      headers: { authorization: `Bearer ${server.keys.VIEWER}`, 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(503);
    await waitingStatements(server.database, 1);
    await holder.query('COMMIT');
    await until(async () => server.log.some((line) => line.includes('operation failed')));
  });
  expect(statements.filter((statement) => / node AS item /.test(statement))).toHaveLength(1);
  expect(statements.filter((statement) => / service AS item /.test(statement))).toEqual([]);
  expect(server.log.join()).not.toMatch(/canary|already sent|unexpected/);
});

test('a client that does not take its answer is cut', async () => {
  const assets = path.join(__dirname, '../../dist/console/assets');
  const [largest] = readdirSync(assets)
    .filter((file) => file.endsWith('.js'))
    .toSorted((a, b) => statSync(path.join(assets, b)).size - statSync(path.join(assets, a)).size);
  const connected = once(server.app.server, 'connection');
  const reader = rawClient(server.url);
  reader.socket.pause();
  // More than the buffers on the way hold.
  reader.socket.write(`GET /assets/${largest} HTTP/1.1\r\nhost: rollcall\r\n\r\n`.repeat(50));
  await connected;
  await until(async () => (await openConnections()) === 0);
  expect(reader.received()).toBe('');
});

function openConnections(): Promise<number> {
  return new Promise((resolve, reject) =>
    server.app.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}
