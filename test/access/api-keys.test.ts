import { randomUUID } from 'node:crypto';
import { codes, dataOf } from '../support/client';
import { enrol } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { issue, publicIdOf, revoke, rotate, setKey, type GivenKey } from './key-requests';

const LIST = `query ($filter: ApiKeyFilter, $first: Int, $after: String) {
  apiKeys(filter: $filter, first: $first, after: $after) {
    totalCount nodes { id name status } pageInfo { hasNextPage endCursor } } }`;

let server: TestServer;
/** One key of each kind that a filter tells apart. */
const keys: Record<string, GivenKey> = {};
let agentId: string;

beforeAll(async () => {
  server = await startServer();
  keys['plain'] = await issue(server.admin, { name: 'filter plain' });
  keys['endless'] = await issue(server.admin, { name: 'filter endless', role: 'EDITOR', neverExpires: true });
  keys['expired'] = await issue(server.admin, { name: 'filter expired' });
  keys['revoked'] = await issue(server.admin, { name: 'filter revoked' });
  keys['used'] = await issue(server.admin, { name: 'filter used' });
  keys['old'] = await issue(server.admin, { name: 'filter old' });
  keys['grace'] = await issue(server.admin, { name: 'filter grace' });
  keys['over'] = await issue(server.admin, { name: 'filter over' });
  for (const name of ['grace', 'over']) await rotate(server.admin, keys[name]!.apiKey.id, { grace: '1h' });
  await setKey(server, keys['over'].secret, 'grace_until = clock_timestamp()');
  await setKey(server, keys['expired'].secret, `expires_at = clock_timestamp()`);
  dataOf(await revoke(server.admin, keys['revoked'].apiKey.id));
  await setKey(server, keys['used'].secret, `created_at = '2020-01-01Z', last_used_at = '2020-06-01Z'`);
  await setKey(server, keys['old'].secret, `created_at = '2020-01-01Z'`);
  agentId = (await enrol(server.admin)).agentId;
});
afterAll(() => server.stop());

const OURS = { name: { startsWith: 'filter ' } };
const SUCCESSORS = ['filter grace', 'filter over'];

test.each([
  [
    'status ACTIVE, also within the grace',
    { status: ['ACTIVE'] },
    ['endless', 'grace', 'old', 'plain', 'used'],
    SUCCESSORS,
  ],
  ['status EXPIRED', { status: ['EXPIRED'] }, ['expired'], []],
  ['status REVOKED, also by a grace that is over', { status: ['REVOKED'] }, ['over', 'revoked'], []],
  ['several statuses', { status: ['EXPIRED', 'REVOKED'] }, ['expired', 'over', 'revoked'], []],
  ['role', { role: ['EDITOR', 'ADMIN'] }, ['endless'], []],
  ['name', { name: { in: ['filter plain', 'filter old', 'FILTER USED'] } }, ['old', 'plain'], []],
  [
    'unusedSince: used before then, or made before then and never used',
    { unusedSince: '2020-07-01T00:00:00Z' },
    ['old', 'used'],
    [],
  ],
  ['unusedSince: not what was used since', { unusedSince: '2020-05-01T00:00:00Z' }, ['old'], []],
  ['no status', { status: [] }, [], []],
  ['no role', { role: [] }, [], []],
])('a filter by %s gives just those', async (_, filter, expected, successors) => {
  const { apiKeys } = dataOf(await server.admin(LIST, { filter: { ...OURS, ...filter }, first: 100 }));
  const names = [...expected.map((name) => `filter ${name}`), ...successors].toSorted();
  expect(apiKeys.nodes.map(({ name }: { name: string }) => name).toSorted()).toEqual(names);
  expect(apiKeys.totalCount).toBe(names.length);
});

test('a filter by expiresBefore gives the keys that end before then, and none without an end', async () => {
  const expiresBefore = new Date(Date.now() + 60_000).toISOString();
  const { apiKeys } = dataOf(await server.admin(LIST, { filter: { ...OURS, expiresBefore } }));
  expect(apiKeys.nodes.map(({ name }: { name: string }) => name)).toEqual(['filter expired']);
});

test('a filter by agent gives the keys of that agent', async () => {
  const query = `query ($ids: [ID!]) { apiKeys(filter: { agentIds: $ids }) { nodes { role agent { id } } } }`;
  expect(dataOf(await server.admin(query, { ids: [agentId, randomUUID(), 'no-uuid'] })).apiKeys.nodes).toEqual([
    { role: 'AGENT', agent: { id: agentId } },
  ]);
  expect(dataOf(await server.admin(query, { ids: [] })).apiKeys.nodes).toEqual([]);
});

test('pages meet every key once, newest first', async () => {
  const all = await server.database.query<{ id: string }>('SELECT id FROM api_key ORDER BY created_at DESC, id DESC');
  const met: string[] = [];
  for (let after: string | null = null, more = true; more;) {
    const { apiKeys } = dataOf(await server.admin(LIST, { first: 3, after }));
    expect(apiKeys.totalCount).toBe(all.length);
    met.push(...apiKeys.nodes.map(({ id }: { id: string }) => id));
    ({ endCursor: after, hasNextPage: more } = apiKeys.pageInfo);
  }
  expect(met).toEqual(all.map(({ id }) => id));
});

test('apiKey gives a key by its id with who made it and what it came from, and null for what is no key', async () => {
  const query = `query ($id: ID!) { apiKey(id: $id) {
    name publicId fingerprint status createdBy { name keyPublicId } rotatedFrom { id } agent { id } } }`;
  const { apiKey } = keys['plain']!;
  const successor = await rotate(server.admin, (await issue(server.admin)).apiKey.id);
  expect(dataOf(await server.admin(query, { id: apiKey.id })).apiKey).toEqual({
    name: 'filter plain',
    publicId: publicIdOf(keys['plain']!.secret),
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    status: 'ACTIVE',
    createdBy: { name: 'admin of the test', keyPublicId: publicIdOf(server.keys.ADMIN) },
    rotatedFrom: null,
    agent: null,
  });
  expect(dataOf(await server.admin(query, { id: successor.apiKey.id })).apiKey.rotatedFrom).not.toBeNull();
  for (const id of [randomUUID(), 'no-uuid', '']) expect(dataOf(await server.admin(query, { id })).apiKey).toBeNull();
});

test('keys of others are for an ADMIN alone to read', async () => {
  const { id } = keys['plain']!.apiKey;
  for (const client of [server.viewer, server.editor])
    for (const query of [`{ apiKey(id: "${id}") { id } }`, '{ apiKeys { nodes { id } } }'])
      expect(codes(await client(query))).toEqual(['FORBIDDEN']);
});
