import { createServer } from '../../src/server';
import { statementsOfRequests } from '../support/reader';
import { startServer, testConfig, type TestServer } from '../support/server';

const NOT_READY = { status: 503, retryAfter: expect.stringMatching(/^\d+$/), code: 'UNAVAILABLE', alive: 200 };

describe('of a server whose database answers and is migrated', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  test.each(['/healthz', '/readyz', '/v1/readyz'])('%s is 200 with {}, and needs no credential', async (route) => {
    const response = await fetch(server.url + route);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('{}');
  });

  test.each(['/healthz', '/readyz', '/v1/readyz'])('%s does not mind a credential that is not good', async (route) => {
    const response = await fetch(server.url + route, { headers: { authorization: 'Bearer nonsense' } });
    expect(response.status).toBe(200);
  });
});

describe.each(['/readyz', '/v1/readyz'])('%s fails, while /healthz does not,', (route) => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startServer();
  });
  afterEach(() => server.stop());

  test('when a migration of this server has not run, and is well again once it has', async () => {
    await server.database.query(`UPDATE migrations SET name = 'SomethingElse' || name`);
    expect(await notReady(server, route)).toEqual(NOT_READY);
    await server.database.query(`UPDATE migrations SET name = replace(name, 'SomethingElse', '')`);
    expect((await fetch(server.url + route)).status).toBe(200);
  });

  test('when the database is not a roll at all', async () => {
    await server.database.query('DROP TABLE migrations');
    expect(await notReady(server, route)).toEqual(NOT_READY);
  });

  test('when the connections to the database are gone', async () => {
    const { database } = server;
    await database.dataSource.destroy();
    expect(await notReady(server, route)).toEqual(NOT_READY);
    await database.dataSource.initialize();
    expect((await fetch(server.url + route)).status).toBe(200);
  });
});

test('those who ask while the database is being asked share one question', async () => {
  const server = await startServer();
  try {
    const statements = await statementsOfRequests(server.database, () =>
      Promise.all(
        Array.from({ length: 50 }, async () => expect((await server.app.inject('/readyz')).statusCode).toBe(200)),
      ),
    );
    expect(statements.length).toBeGreaterThan(0);
    expect(statements.length).toBeLessThan(25);
  } finally {
    await server.stop();
  }
});

test('a newer server’s migrations do not make this one unready', async () => {
  const server = await startServer();
  try {
    await server.database.query(`INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'FromTheFuture')`);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  } finally {
    await server.stop();
  }
});

test('a server that has not begun to listen answers its probes in process', async () => {
  const server = await startServer();
  try {
    const { dataSource } = server.database;
    const app = await createServer({ config: testConfig(), encryptionKey: null, dataSource, log: server.app.log });
    expect((await app.inject('/readyz')).json()).toEqual({});
    await app.close();
    expect(dataSource.isInitialized).toBe(true);
  } finally {
    await server.stop();
  }
});

async function notReady(server: TestServer, route: string): Promise<unknown> {
  const response = await fetch(server.url + route);
  const { error } = (await response.json()) as { error?: { code: string } };
  const { status: alive } = await fetch(`${server.url}/healthz`);
  return { status: response.status, retryAfter: response.headers.get('retry-after'), code: error?.code, alive };
}
