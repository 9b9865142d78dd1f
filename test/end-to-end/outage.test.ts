import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CredentialKind, makeCredential } from '../../src/access/credential';
import { socketPath } from '../../src/database/embedded/socket-folder';
import { eventually, postmasterOf } from '../database/embedded/data-folders';
import { issueToken, register } from '../support/enrol';
import type { TestDatabase } from '../support/database';
import { answering } from '../support/process';
import { startProxy, type Proxy, type ProxyState } from './proxy';
import { adminKey, adminOf, openStage } from './stage';

jest.setTimeout(90_000);

const stage = openStage(afterEach);

const OUTAGES: [string, ProxyState][] = [
  ['refuses connections', 'closed'],
  ['says nothing any more', 'silent'],
];

/** A database behind a proxy that can take it away, and its URL there. */
async function startDatabase(): Promise<{ database: TestDatabase; proxy: Proxy; url: string }> {
  const database = await stage.database();
  const { host, user, password } = database.place;
  const proxy = await startProxy({ path: socketPath(host) }, stage.later);
  return {
    database,
    proxy,
    url: `postgresql://${user}:${password}@127.0.0.1:${proxy.port}/${database.place.database}`,
  };
}

/** Sends a request as a client with 5 s of patience. */
async function post(url: string, body: unknown, key?: string) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key !== undefined && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(5_000),
  });
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.json() };
}

async function statusOf(url: string): Promise<number> {
  return (await fetch(url, { signal: AbortSignal.timeout(5_000) })).status;
}

const UNAVAILABLE = { extensions: { code: 'UNAVAILABLE', retryAfterSeconds: expect.any(Number) } };

describe('a database that is not there at the start', () => {
  it('is waited for with a clear line, and the server starts when it is there', async () => {
    const { proxy, url } = await startDatabase();
    await proxy.become('closed');
    const starting = stage.start(['serve', '--port', '0'], { ROLLCALL_DATA_DIR: stage.folder(), DATABASE_URL: url });
    await starting.says(/the database does not answer \(.*ECONNREFUSED.*\); trying for 60 s/);
    expect(starting.output()).not.toContain(new URL(url).password);

    await proxy.become('open');

    const server = await answering(starting);
    await expect(statusOf(`${server.url}/readyz`)).resolves.toBe(200);
  });

  it.each(OUTAGES)('and %s to the end of database.start_timeout ends the start with one sentence', async (_, state) => {
    const { proxy, url } = await startDatabase();
    await proxy.become(state);
    const environment = { ROLLCALL_DATA_DIR: stage.folder(), DATABASE_URL: url, ROLLCALL_DATABASE_START_TIMEOUT: '1s' };

    const { code, output, errors } = await stage.run(['serve', '--port', '0'], environment);

    expect(code).toBe(1);
    expect(errors).toMatch(
      /^rollcall: The database of DATABASE_URL did not answer within 1 s \(.+\)\. Start it, or correct DATABASE_URL\.\n$/,
    );
    expect(output + errors).not.toContain(new URL(url).password);
  });
});

describe.each(OUTAGES)('a database that %s while the server runs', (_, state) => {
  it('keeps nobody who guesses longer than 5 s either, however many come one after the other', async () => {
    const { proxy, url } = await startDatabase();
    const server = await stage.serve(stage.folder(), { DATABASE_URL: url });
    await proxy.become(state);
    const answers = [];
    for (let index = 0; index < 60; index++) {
      const key = makeCredential(CredentialKind.USER_KEY).text;
      answers.push(post(`${server.url}/graphql`, { query: '{ caller { role } }' }, key));
      answers.push(post(`${server.url}/api/v1/register`, { token: 'no token', hostname: 'db-1' }));
      // As they come in life: all at once they would be looked up together.
      await delay(100);
    }
    for (const { status } of await Promise.all(answers)) expect(status).toBe(503);
  });

  it('makes every request UNAVAILABLE within 5 s, never a good key unauthenticated, and all is well again by itself', async () => {
    const { proxy, url } = await startDatabase();
    const dataDir = stage.folder();
    const server = await stage.serve(dataDir, { DATABASE_URL: url });
    const { secret: token } = await issueToken(adminOf(server, dataDir));
    const registration = { query: REGISTER, variables: { input: { token, node: { name: 'db-1' } } } };
    const whoAmI = { query: '{ caller { role } }' };
    const count = { query: '{ nodes { totalCount } }' };
    const key = adminKey(dataDir);
    await Promise.all(Array.from({ length: 20 }, () => post(`${server.url}/graphql`, whoAmI, key)));

    await proxy.become(state);

    const answers = await Promise.all([
      ...Array.from({ length: 20 }, () => post(`${server.url}/graphql`, count, key)),
      post(`${server.url}/graphql`, registration),
      post(`${server.url}/api/v1/register`, { token, hostname: 'db-1' }),
    ]);
    const overHttp = answers.pop();
    const registered = answers.pop();
    // A key that is still remembered gets as far as the query, with HTTP 200; one that is looked up gets 503.
    for (const answer of answers) {
      expect(answer).toMatchObject({ body: { errors: [UNAVAILABLE] } });
      expect([200, 503]).toContain(answer.status);
    }
    expect(registered).toMatchObject({ status: 200, body: { data: null, errors: [UNAVAILABLE] } });
    expect(overHttp).toMatchObject({
      status: 503,
      retryAfter: expect.stringMatching(/^\d+$/),
      body: { error: { code: 'UNAVAILABLE' } },
    });
    await expect(statusOf(`${server.url}/readyz`)).resolves.toBe(503);
    await expect(statusOf(`${server.url}/healthz`)).resolves.toBe(200);

    await proxy.become('open');

    await eventually(async () => (await statusOf(`${server.url}/readyz`)) === 200);
    await eventually(async () => (await post(`${server.url}/graphql`, whoAmI, key)).status === 200);
    const again = await Promise.all(Array.from({ length: 20 }, () => post(`${server.url}/graphql`, whoAmI, key)));
    for (const answer of again)
      expect(answer).toMatchObject({ status: 200, body: { data: { caller: { role: 'ADMIN' } } } });
    await expect(post(`${server.url}/graphql`, registration)).resolves.toMatchObject({
      body: { data: { registerAgent: {} } },
    });
    await expect(server.kill('SIGTERM')).resolves.toBe(0);
  });

  it('leaves an agent that syncs running: it says that it lost the server, then that it is back', async () => {
    const { proxy, url } = await startDatabase();
    const dataDir = stage.folder();
    const server = await stage.serve(dataDir, { DATABASE_URL: url, ROLLCALL_SYNC_MINIMUM_INTERVAL: '1s' });
    const admin = adminOf(server, dataDir);
    const { secret } = await register(admin, (await issueToken(admin)).secret, { node: { name: 'db-1' } });
    const configFile = path.join(stage.folder(), 'config.yml');
    writeFileSync(configFile, `central:\n  api_url: ${server.url}\n  api_key: ${secret}\n`, { mode: 0o600 });
    const agent = stage.start(['agent', '--config', configFile]);
    await agent.says(/^Syncing with /m);

    await proxy.become(state);
    await agent.says(/^Lost: .*The database does not answer/m);
    await proxy.become('open');

    await agent.says(/^Back: /m);
    await expect(agent.kill('SIGTERM')).resolves.toBe(0);
  });
});

it('A database that falls silent within a transaction is not waited for twice, for the statement and for its rollback', async () => {
  const { database, proxy, url } = await startDatabase();
  const dataDir = stage.folder();
  const server = await stage.serve(dataDir, { DATABASE_URL: url });
  const { secret, token } = await issueToken(adminOf(server, dataDir));
  const holder = await database.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM registration_token WHERE id = $1 FOR UPDATE', [token.id]);
  const variables = { input: { token: secret, node: { name: 'db-1' } } };
  const running = post(`${server.url}/graphql`, { query: REGISTER, variables });
  await eventually(async () => {
    const { rowCount } = await holder.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`);
    return rowCount === 1;
  });

  await proxy.become('silent');

  await expect(running).resolves.toMatchObject({ status: 200, body: { data: null, errors: [UNAVAILABLE] } });
});

it('The embedded PostgreSQL that dies is started again; a good key is answered UNAVAILABLE meanwhile, and nothing else', async () => {
  const dataDir = stage.folder();
  const server = await stage.serve(dataDir);
  const key = adminKey(dataDir);
  const whoAmI = async () => (await post(`${server.url}/graphql`, { query: '{ caller { role } }' }, key)).status;
  await expect(whoAmI()).resolves.toBe(200);

  const killed = await postmasterOf(dataDir);
  process.kill(killed, 'SIGKILL');

  const seen = new Set<number>();
  await eventually(async () => {
    const status = await whoAmI();
    seen.add(status);
    return status === 200 && (await postmasterOf(dataDir)) !== killed;
  });
  expect([...seen].filter((status) => status !== 200 && status !== 503)).toEqual([]);
});

const REGISTER = `mutation ($input: RegisterAgentInput!) { registerAgent(input: $input) { agentId } }`;
