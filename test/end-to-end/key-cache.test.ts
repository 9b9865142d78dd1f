import { socketPath } from '../../src/database/embedded/socket-folder';
import { eventually } from '../database/embedded/data-folders';
import { dataOf, graphqlClient, type GraphQLClient } from '../support/client';
import { Role } from '../../src/access/role';
import type { TestDatabase } from '../support/database';
import type { ServerProcess } from '../support/process';
import { issueKey } from '../support/server';
import { startProxy, type Proxy } from './proxy';
import { adminKey, openStage } from './stage';

jest.setTimeout(90_000);

const stage = openStage(afterEach);

const OWN = '{ caller { role apiKey { id } } }';
const REVOKE = 'mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { id } } }';
const LISTENING = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'rollcall listener'`;

/** Two servers on one database; the other one is told of revocations through the proxy. */
interface Pair {
  database: TestDatabase;
  admin: GraphQLClient;
  other: ServerProcess;
  proxy: Proxy;
}

async function startPair(): Promise<Pair> {
  const database = await stage.database();
  const { host, user, password, database: name } = database.place;
  const proxy = await startProxy({ path: socketPath(host) }, stage.later);
  const listenUrl = `postgresql://${user}:${password}@127.0.0.1:${proxy.port}/${name}`;
  const folder = stage.folder();
  const one = await stage.serve(folder, { DATABASE_URL: database.url });
  const other = await stage.serve(stage.folder(), { DATABASE_URL: database.url, ROLLCALL_LISTEN_URL: listenUrl });
  await eventually(async () => (await database.query(LISTENING)).length === 2);
  return { database, admin: graphqlClient(one.url, adminKey(folder)), other, proxy };
}

/** A key that the other server remembers as good: that it does is shown by changing the row behind its back. */
function rememberedKey({ database, other }: Pair): Promise<{ client: GraphQLClient; id: string }> {
  return eventually(async () => {
    const client = graphqlClient(other.url, await issueKey(database.dataSource, Role.VIEWER));
    const { id } = dataOf(await client(OWN)).caller.apiKey;
    await database.query(`UPDATE api_key SET role = 'EDITOR' WHERE id = $1`, [id]);
    expect(dataOf(await client(OWN)).caller.role).toBe('VIEWER');
    return { client, id };
  });
}

/** How many milliseconds after its revocation was acknowledged a key was last taken for good. */
async function outlives(admin: GraphQLClient, { client, id }: { client: GraphQLClient; id: string }): Promise<number> {
  dataOf(await admin(REVOKE, { id }));
  const revokedAt = performance.now();
  for (let lastGood = 0; ;) {
    const askedAt = performance.now() - revokedAt;
    const { errors } = await client(OWN);
    if (errors[0]?.extensions['reason'] === 'KEY_REVOKED') return lastGood;
    if (errors.length > 0) throw new Error(`Something else was refused: ${errors[0]!.message}`);
    if (askedAt > 20_000) throw new Error('The key is still good 20 s after its revocation.');
    lastGood = askedAt;
  }
}

test('a key that is revoked at one server is refused by the other within a second', async () => {
  const pair = await startPair();
  for (let round = 0; round < 5; round++)
    expect(await outlives(pair.admin, await rememberedKey(pair))).toBeLessThan(1_000);
});

test('a key that is revoked is refused within 5 s by a server whose listening connection is cut, again and again', async () => {
  const pair = await startPair();
  const key = await rememberedKey(pair);
  await pair.proxy.become('closed');
  await eventually(async () => (await pair.database.query(LISTENING)).length === 1);
  expect(await outlives(pair.admin, key)).toBeLessThan(5_000);
  const later = graphqlClient(pair.other.url, await issueKey(pair.database.dataSource, Role.VIEWER));
  const { id } = dataOf(await later(OWN)).caller.apiKey;
  expect(await outlives(pair.admin, { client: later, id })).toBeLessThan(5_000);
});

test('a key that is revoked is refused within 5 s by a server whose listening connection hears nothing any more', async () => {
  const pair = await startPair();
  const key = await rememberedKey(pair);
  await pair.proxy.become('silent');
  expect(await outlives(pair.admin, key)).toBeLessThan(5_000);
  await pair.other.kill('SIGTERM');
  expect(await pair.other.ended).toBe(0);
});

test('a server whose listening connection was ended by the database listens again, and is told within a second', async () => {
  const pair = await startPair();
  const former = await pair.database.query<{ pid: number }>(LISTENING);
  const killed = former.map(({ pid }) => pid);
  await pair.database.query(`SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid`, [killed]);
  await eventually(async () => {
    const now = await pair.database.query<{ pid: number }>(LISTENING);
    return now.length === 2 && now.every(({ pid }) => !killed.includes(pid));
  });
  expect(await outlives(pair.admin, await rememberedKey(pair))).toBeLessThan(1_000);
});

test('a key whose revocation the listening connection missed is refused once it is back, although it was remembered', async () => {
  const pair = await startPair();
  const { client, id } = await rememberedKey(pair);
  await pair.proxy.become('closed');
  await eventually(async () => (await pair.database.query(LISTENING)).length === 1);
  // Remembered anew, by a server that is not told.
  dataOf(await client(OWN));
  dataOf(await pair.admin(REVOKE, { id }));
  await pair.proxy.become('open');
  expect(await outlives(pair.admin, { client, id })).toBeLessThan(5_000);
});
