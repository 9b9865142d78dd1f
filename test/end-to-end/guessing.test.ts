import { Pool, type Dispatcher } from 'undici';
import { CredentialKind, makeCredential } from '../../src/access/credential';
import { Role } from '../../src/access/role';
import { callerFrom, shapeOf } from '../rate-limit/callers';
import { graphqlClient, type GraphQLClient } from '../support/client';
import type { TestDatabase } from '../support/database';
import { issueToken } from '../support/enrol';
import type { ServerProcess } from '../support/process';
import { issueKey } from '../support/server';
import { adminKey, openStage } from './stage';

jest.setTimeout(300_000);

const stage = openStage(afterEach);

interface Running {
  server: ServerProcess;
  database: TestDatabase;
  admin: GraphQLClient;
}

async function start(environment: Record<string, string> = {}, existing?: TestDatabase): Promise<Running> {
  const database = existing ?? (await stage.database());
  const folder = stage.folder();
  const key = existing && (await issueKey(existing.dataSource, Role.ADMIN));
  const server = await stage.serve(folder, { DATABASE_URL: database.url, ...environment });
  return { server, database, admin: graphqlClient(server.url, key ?? adminKey(folder)) };
}

/** Little more than the server takes at rest: it would die of what it did not forget. */
const HEAP_MIB = 80;

const REGISTER = `mutation ($token: String!) { registerAgent(input: { token: $token, node: { name: "guess" } }) { agentId } }`;

/** Guesses tokens and keys by turns, over many connections, each as fast as it is answered. */
async function guess(url: string, guesses: number, connections = 500): Promise<Map<string, number>> {
  const pool = new Pool(url, { connections });
  const shapes = new Map<string, number>();
  let left = guesses;
  const one = async (isKey: boolean): Promise<void> => {
    const { text } = makeCredential(isKey ? CredentialKind.USER_KEY : CredentialKind.REGISTRATION_TOKEN);
    const request = {
      path: '/graphql',
      method: 'POST' as const,
      headers: { 'content-type': 'application/json', ...(isKey && { authorization: `Bearer ${text}` }) },
      body: JSON.stringify(isKey ? { query: '{ caller { role } }' } : { query: REGISTER, variables: { token: text } }),
    };
    const told = await pool.request(request).then(read, () => 'cut');
    const shape = JSON.stringify([isKey ? 'key' : 'token', told]);
    shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
  };
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (left > 0) await one(left-- % 2 === 0);
    }),
  );
  await pool.close();
  return shapes;
}

async function read({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<unknown> {
  const told = { status: statusCode, headers: new Headers(headers as Record<string, string>), text: await body.text() };
  return shapeOf(told);
}

test('10,000 guesses of tokens and keys from one address are limited and alike, told as aggregates, and keep nobody out', async () => {
  const { server, database, admin } = await start({ NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` });
  const over = new AbortController();
  const letIn: Record<string, number> = { key: 0, token: 0 };
  const others = async () => {
    // From the same address, with a key that the server has not seen before each time.
    const caller = callerFrom(server.url, '');
    while (!over.signal.aborted) {
      expect((await caller.withKey(await issueKey(database.dataSource, Role.VIEWER))).code).toBeNull();
      letIn['key']!++;
      expect((await caller.registerPlainly((await issueToken(admin)).secret)).status).toBe(201);
      letIn['token']!++;
    }
  };
  const meanwhile = others();
  const began = performance.now();
  const shapes = await guess(server.url, 10_000);
  const minutes = (performance.now() - began) / 60_000;
  over.abort();
  await meanwhile;

  // Of tokens and of keys one answer below the limit and one beyond.
  const limited = [...shapes].filter(([shape]) => shape.includes('RATE_LIMITED'));
  const usual = [...shapes].filter(([shape]) => /TOKEN_INVALID|UNAUTHENTICATED/.test(shape));
  expect(limited).toHaveLength(2);
  expect(usual.length).toBeLessThanOrEqual(2);
  expect(shapes.size).toBe(limited.length + usual.length);
  const told = usual.reduce((sum, [, count]) => sum + count, 0);
  expect(told).toBeGreaterThanOrEqual(60);
  expect(told).toBeLessThanOrEqual(60 + 60 * minutes + 1);
  expect(limited.reduce((sum, [, count]) => sum + count, 0)).toBe(10_000 - told);
  for (const count of Object.values(letIn)) expect(count).toBeGreaterThan(20);

  expect(await server.kill()).toBe(0);
  const rows = await database.query<{ count: number }>(`SELECT count FROM audit_event WHERE outcome = 'REFUSED'`);
  expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(10_000);
  // Four kinds: tokens and keys, refused and limited; told each minute and at the stop.
  expect(rows.length).toBeLessThanOrEqual(4 * (Math.ceil(minutes) + 1));
  expect(server.output().split('\n').length).toBeLessThan(500);
});

test('of 1,500 who guess at once a thousand wait, the others are told at once, and the server goes on', async () => {
  const { server, admin } = await start({
    ROLLCALL_LIMITS_FAILURES_PER_MINUTE: '1',
    ROLLCALL_LIMITS_CONNECTIONS_PER_ADDRESS: '2000',
  });
  const shapes = await guess(server.url, 1_500, 1_500);
  const count = (what: string) =>
    [...shapes].filter(([shape]) => shape.includes(what)).reduce((sum, [, times]) => sum + times, 0);
  expect(count('RATE_LIMITED')).toBeGreaterThanOrEqual(1_490);
  expect(count('cut')).toBe(0);
  const token = (await issueToken(admin)).secret;
  expect((await callerFrom(server.url, '').registerPlainly(token)).status).toBe(201);
  expect(await server.kill()).toBe(0);
  expect(server.output()).not.toMatch(/"level":(?:40|50|60)/);
});

test('a flood on one server limits on the other, for that address, and lets a good token in on both', async () => {
  const environment = { ROLLCALL_LIMITS_FAILURES_PER_MINUTE: '5', ROLLCALL_TRUSTED_PROXIES: '127.0.0.1' };
  const one = await start(environment);
  const other = await start(environment, one.database);
  const [hostile, hostileThere] = [one, other].map(({ server }) => callerFrom(server.url, '198.51.100.1'));
  const flood = await Promise.all(Array.from({ length: 100 }, () => hostile!.registerPlainly('no token')));
  expect(flood.filter(({ code }) => code === 'TOKEN_INVALID')).toHaveLength(5);
  const there = await hostileThere!.registerPlainly('no token');
  expect([there.status, there.code]).toEqual([429, 'RATE_LIMITED']);
  expect(Number(there.headers.get('retry-after'))).toBeLessThanOrEqual(12);
  expect((await callerFrom(other.server.url, '198.51.100.2').registerPlainly('no token')).code).toBe('TOKEN_INVALID');
  for (const caller of [hostile!, hostileThere!])
    expect((await caller.registerPlainly((await issueToken(one.admin)).secret)).status).toBe(201);
});
