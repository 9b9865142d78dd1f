import { randomUUID } from 'node:crypto';
import { CHAIN_LOCK } from '../../src/audit/chain';
import { packageVersion } from '../../src/package-version';
import { ask, makeAgentKey, unlock } from '../client-registry/requests';
import { scrape } from '../metrics/scrape';
import { makeHostAgent, makeNode, makeService } from '../support/inventory';
import { enrol } from '../support/enrol';
import { statementsOfRequests } from '../support/reader';
import { startServer, type TestServer } from '../support/server';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

const seen = (at = server) => scrape(at.url, at.keys.VIEWER);

const asked = (operation: string, field: string, code: string) =>
  `rollcall_graphql_requests_total{operation="${operation}",field="${field}",code="${code}"}`;
test('nothing that a caller sends gets into a label, and no key or address', async () => {
  const { secret, agentId } = await enrol(server.admin, {
    node: { name: 'told-to-nobody', environment: 'told-to-nobody' },
  });
  const key = server.keys.ADMIN;
  const send = (path: string, init: RequestInit = {}) => fetch(server.url + path, init);
  const bootId = randomUUID();
  const all = async (salt: string) => {
    await server.viewer(`query ${salt} { ${salt}: nodes { totalCount } }`);
    await server.viewer(`{ ${salt} }`);
    await server.as(secret)(`mutation ${salt} { ${salt}: syncAgent(input: { bootId: "${bootId}" }) { generation } }`);
    await send(`/${salt}/${key}?token=${salt}`);
    await send(`/graphql?${salt}=${key}`, { method: 'DELETE' });
    await send(`/assets/${salt}.js`);
    await send('/metrics', {
      method: 'PURGE',
      headers: { authorization: salt, 'user-agent': salt, 'x-forwarded-for': salt },
    });
  };
  await all('hostile0');
  await seen();
  const before = Object.keys((await seen()).series);
  for (let index = 1; index < 10; index++) await all(`hostile${index}`);
  const { text, series } = await seen();
  expect(Object.keys(series)).toEqual(before);
  const publicIds = [...Object.values(server.keys), secret].map((one) => one.split('_')[1]!);
  for (const hidden of ['hostile', 'PURGE', 'DELETE', 'told-to-nobody', '127.0.0.1', agentId, ...publicIds])
    expect(text).not.toContain(hidden);
});

test('tells the fleet, what waits, and the connections', async () => {
  const fleet = await startServer();
  const { database } = fleet;
  const nodeId = await makeNode(database);
  await makeService(database, nodeId);
  await makeHostAgent(database, nodeId, {}, { last_seen_at: new Date() });
  await makeHostAgent(database, await makeNode(database));
  await makeNode(database);
  await unlock(fleet.admin);
  const chainer = await database.connect();
  await chainer.query(`SELECT pg_advisory_lock(${CHAIN_LOCK})`);
  await ask(fleet.anonymous, makeAgentKey(), 'asks');
  const { series } = await seen(fleet);
  expect(series).toMatchObject({
    'rollcall_nodes{status="ACTIVE"}': 1,
    'rollcall_nodes{status="INACTIVE"}': 1,
    'rollcall_nodes{status="UNKNOWN"}': 1,
    'rollcall_services{type="POSTGRESQL"}': 1,
    'rollcall_agents{type="HOST_AGENT"}': 2,
    rollcall_registration_requests_pending: 1,
    rollcall_database_up: 1,
    rollcall_database_waiting_requests: 0,
    [`rollcall_build_info{version="${packageVersion()}"}`]: 1,
  });
  expect(series['rollcall_audit_waiting_rows']).toBeGreaterThan(0);
  expect(series['rollcall_audit_lag_seconds']).toBeGreaterThan(0);
  expect(series['rollcall_key_cache_entries']).toBeGreaterThan(0);
  expect(series['rollcall_database_connections{state="in_use"}']).toBeGreaterThanOrEqual(0);
  expect(series['rollcall_database_connections{state="idle"}']).toBeGreaterThan(0);
  await fleet.stop();
});

test('scrapes within 5 s cost no statement', async () => {
  await seen();
  expect(await statementsOfRequests(server.database, () => Promise.all([seen(), seen()]))).toEqual([]);
});

test('while the database does not answer it says so, tells the rest, and passes nothing old off as new', async () => {
  const open = await startServer({ metrics: { public: true } });
  const holder = await open.database.connect();
  await holder.query('BEGIN; LOCK TABLE service');
  const { status, series } = await scrape(open.url);
  expect([status, series['rollcall_database_up']]).toEqual([200, 0]);
  expect(Object.keys(series).filter((name) => /^rollcall_(?:nodes|audit|registration)/.test(name))).toEqual([]);
  await holder.query('ROLLBACK');
  expect((await scrape(open.url)).series).toMatchObject({ rollcall_database_up: 1, rollcall_audit_waiting_rows: 0 });
  await open.stop();
});

test('each server counts for itself', async () => {
  const other = await startServer();
  await server.viewer('{ nodes { totalCount } }');
  expect((await seen(other)).series).not.toHaveProperty([asked('query', 'nodes', 'OK')]);
  await other.stop();
});

describe('is shown to', () => {
  let open: TestServer;
  beforeAll(async () => (open = await startServer({ metrics: { public: true } })));
  afterAll(() => open.stop());

  test.each<
    [who: string, closed: number, opened: number, key: (at: TestServer) => Promise<string> | string | undefined]
  >([
    ['a VIEWER', 200, 200, ({ keys }) => keys.VIEWER],
    ['an EDITOR', 200, 200, ({ keys }) => keys.EDITOR],
    ['an agent', 403, 200, async ({ admin }) => (await enrol(admin)).secret],
    ['whoever has no key', 401, 200, () => undefined],
    ['whoever has a key that is not good', 401, 401, () => 'nonsense'],
  ])('%s: %i, and where metrics.public is set %i', async (_, closed, opened, key) => {
    const told = async (at: TestServer) => (await scrape(at.url, await key(at))).status;
    expect([await told(server), await told(open)]).toEqual([closed, opened]);
  });

  test('the anonymous as often as other operations', async () => {
    const limited = await startServer({ metrics: { public: true }, limits: { anonymousRequestsPerMinute: 1 } });
    const statuses: number[] = [];
    for (let index = 0; index < 2; index++) statuses.push((await scrape(limited.url)).status);
    expect(statuses).toEqual([200, 429]);
    await limited.stop();
  });
});

test('is text as Prometheus reads it, stored nowhere', async () => {
  const { headers, text } = await seen();
  expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(headers.get('cache-control')).toBe('no-store');
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  expect(new Set(names).size).toBe(names.length);
});
