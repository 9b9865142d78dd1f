import { createDatabase, type TestDatabase } from '../support/database';
import { makeAgent, makeHostAgent, makeNode, makeService, makeToken } from '../support/inventory';
import { reader, type Reader } from '../support/reader';

let database: TestDatabase;
let read: Reader;
/** The ids of the rows, by the names that the tests give them. */
const ids: Record<string, string> = {};

const UNKNOWN = '00000000-0000-7000-8000-000000000000';
const hoursFromNow = (hours: number) => new Date(Date.now() + hours * 3_600_000);

beforeAll(async () => {
  database = await createDatabase();
  read = reader(database);
  await database.query('UPDATE hearing SET heard_until = clock_timestamp(), deaf_since = NULL, heard_since = NULL');
  await nodesAndAgents();
  await services();
  await tokens();
});
afterAll(() => database.drop());

async function nodesAndAgents(): Promise<void> {
  const made = new Date('2026-01-10T00:00:00Z');
  ids['web'] = await makeNode(database, {
    name: 'Web-1',
    address: '10.0.0.1',
    region: 'eu-west',
    environment: 'prod',
    tags: ['red', 'blue'],
    labels: { team: 'core', tier: '1' },
  });
  ids['db'] = await makeNode(database, {
    type: 'CONTAINER',
    name: 'db_1',
    address: 'db.example',
    environment: 'test',
    tags: ['blue'],
    labels: { team: 'data', rack: '' },
  });
  ids['bare'] = await makeNode(database, { name: 'bare', address: '10.0.0.2', region: 'eu-east' });
  ids['new'] = await makeNode(database, { name: 'new', address: '10.0.0.3', created_at: made });
  const told = { sync_interval_seconds: 900 };
  ids['webAgent'] = await makeHostAgent(
    database,
    ids['web'],
    { version: '1.2.3', labels: { team: 'core' } },
    { ...told, last_seen_at: new Date() },
  );
  ids['dbAgent'] = await makeHostAgent(
    database,
    ids['db'],
    { version: '1.2.4-RC' },
    { ...told, last_seen_at: new Date('2026-01-05T00:00:00Z') },
  );
  ids['newAgent'] = await makeHostAgent(database, ids['new'], {}, told);
  const stopped = { disabled: true, observed_node_id: ids['bare'] };
  ids['watcher'] = await makeAgent(database, ids['web'], ids['webAgent'], stopped);
}

async function services(): Promise<void> {
  ids['orders'] = await makeService(database, ids['web']!, {
    name: 'Orders',
    environment: 'prod',
    cluster: 'main',
    replication_set: 'rs0',
    labels: { team: 'core' },
  });
  ids['stock'] = await makeService(database, ids['db']!, { name: 'stock', cluster: 'Main-2' });
  const reads = { type: 'POSTGRES_EXPORTER', observed_service_id: ids['orders'] };
  ids['reader'] = await makeAgent(database, ids['new']!, ids['newAgent']!, reads);
}

async function tokens(): Promise<void> {
  const ended = hoursFromNow(-1);
  ids['fresh'] = await makeToken(database, { expires_at: hoursFromNow(2) });
  ids['used'] = await makeToken(database, { uses: 1 });
  ids['expired'] = await makeToken(database, { expires_at: ended });
  ids['revoked'] = await makeToken(database, { uses: 1, revoked_at: ended, expires_at: ended });
}

/** The names of the rows that a filter leaves, sorted. */
async function found(list: string, type: string, filter: unknown): Promise<string[]> {
  const data = await read(
    `query ($filter: ${type}) { list: ${list}(filter: $filter, first: 200) { nodes { id } totalCount } }`,
    {
      filter,
    },
  );
  expect(data.list.totalCount).toBe(data.list.nodes.length);
  const names = Object.fromEntries(Object.entries(ids).map(([name, id]) => [id, name]));
  return data.list.nodes.map(({ id }: { id: string }) => names[id]).toSorted();
}

/** A filter, in which `@name` stands for the id of a row, and what it leaves. */
type Case = [filter: Record<string, unknown>, names: string[]];

const withIds = (filter: unknown): unknown =>
  JSON.parse(JSON.stringify(filter).replace(/"@(\w+)"/g, (_, name: string) => JSON.stringify(ids[name])));

const NODES: Case[] = [
  [{ ids: ['@web', '@bare', UNKNOWN, 'malformed', ''] }, ['bare', 'web']],
  [{ ids: ['malformed'] }, []],
  [{ type: ['CONTAINER'] }, ['db']],
  [{ type: ['REMOTE'] }, []],
  [{ status: ['ACTIVE'] }, ['web']],
  [{ status: ['INACTIVE'] }, ['db', 'new']],
  [{ status: ['UNKNOWN', 'ACTIVE'] }, ['bare', 'web']],
  [{ name: { eq: 'Web-1' } }, ['web']],
  [{ address: { startsWith: '10.0.0.' } }, ['bare', 'new', 'web']],
  [{ region: { in: ['eu-east', 'eu-west'] } }, ['bare', 'web']],
  [{ environment: { eq: 'prod' } }, ['web']],
  [{ tags: ['blue'] }, ['db', 'web']],
  [{ tags: ['blue', 'red'] }, ['web']],
  [{ tags: ['Blue'] }, []],
  [{ labels: [{ name: 'team' }] }, ['db', 'web']],
  [{ labels: [{ name: 'team', in: ['data', 'other'] }] }, ['db']],
  [{ labels: [{ name: 'team' }, { name: 'tier', in: ['1'] }] }, ['web']],
  [{ labels: [{ name: 'rack', in: [''] }] }, ['db']],
  // Silent since before then; the never heard of counts from when the node was made; the bare has nobody to be silent.
  [{ silentSince: '2026-01-07T00:00:00Z' }, ['db']],
  [{ silentSince: '2026-01-05T00:00:00Z' }, []],
  [{ silentSince: '2026-01-11T00:00:00+01:00' }, ['db', 'new']],
  [{ type: ['GENERIC'], environment: { eq: 'prod' } }, ['web']],
  [{ type: ['CONTAINER'], environment: { eq: 'prod' } }, []],
];

const SERVICES: Case[] = [
  [{ ids: ['@stock', 'malformed'] }, ['stock']],
  [{ type: ['POSTGRESQL'] }, ['orders', 'stock']],
  [{ type: ['MYSQL'] }, []],
  [{ nodeIds: ['@web', UNKNOWN, 'malformed'] }, ['orders']],
  [{ name: { startsWith: 'ord' } }, ['orders']],
  [{ environment: { eq: 'prod' } }, ['orders']],
  [{ cluster: { contains: 'MAIN' } }, ['orders', 'stock']],
  [{ cluster: { eq: 'main' } }, ['orders']],
  [{ replicationSet: { in: ['rs0'] } }, ['orders']],
  [{ labels: [{ name: 'team', in: ['core'] }] }, ['orders']],
  [{ and: [{ nodeIds: ['@db'] }, { not: { cluster: { eq: 'main' } } }] }, ['stock']],
];

const AGENTS: Case[] = [
  [{ ids: ['@webAgent', 'malformed'] }, ['webAgent']],
  [{ type: ['HOST_AGENT'] }, ['dbAgent', 'newAgent', 'webAgent']],
  [{ type: ['VM_AGENT', 'POSTGRES_EXPORTER'] }, ['reader', 'watcher']],
  [{ type: ['NOMAD_AGENT'] }, []],
  [{ status: ['ACTIVE'] }, ['webAgent']],
  [{ status: ['INACTIVE', 'RUNNING'] }, ['dbAgent', 'newAgent']],
  [{ status: ['DONE'] }, ['watcher']],
  [{ status: ['UNKNOWN'] }, ['reader']],
  [{ runsOnNodeIds: ['@web', '@new', 'malformed'] }, ['newAgent', 'reader', 'watcher', 'webAgent']],
  [{ supervisorIds: ['@webAgent'] }, ['watcher']],
  [{ supervisorIds: ['malformed'] }, []],
  [{ observedNodeIds: ['@bare'] }, ['watcher']],
  [{ observedServiceIds: ['@orders'] }, ['reader']],
  [{ disabled: true }, ['watcher']],
  [{ disabled: false }, ['dbAgent', 'newAgent', 'reader', 'webAgent']],
  [{ version: { startsWith: '1.2' } }, ['dbAgent', 'webAgent']],
  [{ version: { contains: '-rc' } }, ['dbAgent']],
  [{ labels: [{ name: 'team' }] }, ['webAgent']],
  [{ or: [{ disabled: true }, { not: { version: { startsWith: '1' } } }] }, ['newAgent', 'reader', 'watcher']],
];

const TOKENS: Case[] = [
  [{ status: ['ACTIVE'] }, ['fresh']],
  [{ status: ['USED'] }, ['used']],
  [{ status: ['EXPIRED'] }, ['expired']],
  [{ status: ['REVOKED', 'USED'] }, ['revoked', 'used']],
  [{ expiresBefore: hoursFromNow(0).toISOString() }, ['expired', 'revoked']],
  [{ expiresBefore: hoursFromNow(0).toISOString(), status: ['EXPIRED'] }, ['expired']],
  [{ expiresBefore: '2026-01-01T00:00:00Z' }, []],
];

const LISTS: [list: string, type: string, cases: Case[]][] = [
  ['nodes', 'NodeFilter', NODES],
  ['services', 'ServiceFilter', SERVICES],
  ['agents', 'AgentFilter', AGENTS],
  ['registrationTokens', 'RegistrationTokenFilter', TOKENS],
];

const TABLE = LISTS.flatMap(([list, type, cases]) =>
  cases.map(
    ([filter, names]) => [list, JSON.stringify(filter), names.join(', ') || 'nothing', type, filter, names] as const,
  ),
);

test.each(TABLE)('%s by %s are %s', async (list, _filter, _names, type, filter, names) => {
  expect(await found(list, type, withIds(filter))).toEqual(names);
});

test.each(LISTS)('%s are all found by no filter, null and one that asks for nothing', async (list, type) => {
  const all = await found(list, type, undefined);
  expect(all.length).toBeGreaterThan(1);
  for (const filter of [null, {}]) expect(await found(list, type, filter)).toEqual(all);
});
