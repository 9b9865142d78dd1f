import { codes } from '../support/client';
import { makeAgent, makeHostAgent, makeNode, makeService, makeToken } from '../support/inventory';
import { startServer, type TestServer } from '../support/server';
import { pagedList, pageOf, tryPage, type PagedList } from './lists';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  const { database } = server;
  for (const name of ['one', 'other', 'third']) {
    const node = await makeNode(database, { name });
    const supervisor = await makeHostAgent(database, node);
    await makeAgent(database, await makeNode(database), supervisor, { observed_node_id: node });
    await makeService(database, node, { name: `a-${name}` });
    await makeService(database, node, { name: `b-${name}` });
    await makeToken(database);
  }
});
afterAll(() => server.stop());

const below = (name: string) => `node(by: { name: "${name}" }) { * }`;
const NODES = pagedList('nodes');
const NEWEST = pagedList('nodes', 'orderBy: { field: CREATED_AT, direction: DESC }');

/** The cursor of the first item. */
async function firstCursor(list: PagedList): Promise<string> {
  return (await pageOf(server.admin, list, { first: 1 })).edges[0]!.cursor;
}

/** What a list says to a cursor, given as after and as before. */
async function answers(list: PagedList, cursor: string) {
  const faults: unknown[] = [];
  for (const argument of ['after', 'before'] as const) {
    const answer = await tryPage(server.admin, list, { [argument]: cursor });
    const repeats = cursor.length > 3 && answer.text.includes(cursor);
    faults.push({ codes: codes(answer), fields: answer.errors[0]?.extensions['fields'], repeats });
  }
  return faults;
}

const message = 'This is no cursor of this list with this order and filter.';
const REFUSALS = ['after', 'before'].map((path) => ({
  codes: ['BAD_USER_INPUT'],
  fields: [{ path, message }],
  repeats: false,
}));

test.each([
  ['another list', pagedList('services'), NODES],
  ['another list in the same order', pagedList('agents'), pagedList('registrationTokens')],
  ['another field of order', pagedList('nodes', 'orderBy: { field: UPDATED_AT, direction: DESC }'), NEWEST],
  ['the other direction', pagedList('nodes', 'orderBy: { field: CREATED_AT, direction: ASC }'), NEWEST],
  [
    'another filter',
    pagedList('nodes', 'filter: { type: [GENERIC] }'),
    pagedList('nodes', 'filter: { status: [INACTIVE] }'),
  ],
  ['a filter, where there is none', pagedList('nodes', 'filter: { type: [GENERIC] }'), NODES],
  ['no filter, where there is one', NODES, pagedList('nodes', 'filter: { type: [GENERIC] }')],
  ['another parent', pagedList('services', '', below('one')), pagedList('services', '', below('other'))],
  ['a parent, where there is none', pagedList('services', '', below('one')), pagedList('services')],
  ['no parent, where there is one', pagedList('services'), pagedList('services', '', below('one'))],
  [
    'another relation of the same parent',
    pagedList('agents', '', below('one')),
    pagedList('observers', '', below('one')),
  ],
])('a cursor of %s is refused', async (_, of, list) => {
  expect(await answers(list, await firstCursor(of))).toEqual(REFUSALS);
});

test.each([
  ['the default order, asked for by name', NODES, pagedList('nodes', 'orderBy: { direction: ASC, field: NAME }')],
  [
    'an equal filter',
    pagedList('nodes', 'filter: { type: [GENERIC], ids: null }'),
    pagedList('nodes', 'filter: { ids: null, type: [GENERIC] }'),
  ],
])('a cursor goes on in %s', async (_, of, list) => {
  const { nodes } = await pageOf(server.admin, list, { after: await firstCursor(of) });
  expect(nodes).toHaveLength(5);
});

/** A cursor with its parts changed: what list it is of, sort value, id. */
type Change = (parts: [string, string, string]) => unknown;

async function changed(list: PagedList, change: Change): Promise<string> {
  const parts = JSON.parse(Buffer.from(await firstCursor(list), 'base64url').toString());
  return Buffer.from(JSON.stringify(change(parts))).toString('base64url');
}

const ANY: Record<string, Change> = {
  'another digest': ([, sort, id]) => ['AAAAAAAAAAAA', sort, id],
  'no digest': ([, sort, id]) => ['', sort, id],
  'an id that is no UUID': ([digest, sort]) => [digest, sort, 'x'],
  'an id with NUL': ([digest, sort, id]) => [digest, sort, `${id.slice(1)}\u0000`],
  'an id that is no text': ([digest, sort]) => [digest, sort, 7],
  'a sort value that is no text': ([digest, , id]) => [digest, null, id],
  'a sort value with NUL': ([digest, , id]) => [digest, '\u0000', id],
  'a huge sort value': ([digest, , id]) => [digest, 'x'.repeat(100_000), id],
  'a part more': (parts) => [...parts, ''],
  'a part less': ([digest, sort]) => [digest, sort],
  'no list of parts': ([digest, sort, id]) => ({ 0: digest, 1: sort, 2: id, length: 3 }),
};

test.each(Object.entries(ANY))('a cursor changed to have %s is refused', async (_, change) => {
  for (const list of [NODES, NEWEST]) expect(await answers(list, await changed(list, change))).toEqual(REFUSALS);
});

test.each([
  'now',
  'infinity',
  '2026-01-01',
  '2026-01-01T00:00:00Z',
  '0000-01-01T00:00:00.000000Z',
  '2026-00-01T00:00:00.000000Z',
  '2026-13-01T00:00:00.000000Z',
  '2026-02-30T00:00:00.000000Z',
  '2026-01-32T00:00:00.000000Z',
  '2026-01-01T25:00:00.000000Z',
  '2026-01-01T00:60:00.000000Z',
  '2026-01-01T00:00:61.000000Z',
  '2026-01-01T00:00:00.000000Z\n',
  "2026-01-01T00:00:00.000000Z'; DROP TABLE node; --",
])('a cursor changed to the instant %j is refused', async (instant) => {
  expect(await answers(NEWEST, await changed(NEWEST, ([digest, , id]) => [digest, instant, id]))).toEqual(REFUSALS);
});

test.each([
  ['is empty', ''],
  ['is no base64', '%%%'],
  ['is base64 of no JSON', Buffer.from('cursor').toString('base64url')],
  ['is random bytes', Buffer.from(Array.from({ length: 64 }, (_, index) => (index * 151) % 256)).toString('base64url')],
  ['is JSON of something else', Buffer.from('null').toString('base64url')],
  ['is deep JSON', Buffer.from('['.repeat(1400)).toString('base64url')],
  ['has NUL', '\u0000'],
  ['is huge', 'A'.repeat(200_000)],
])('a cursor that %s is refused', async (_, cursor) => {
  expect(await answers(NODES, cursor)).toEqual(REFUSALS);
});

test('a cursor of a name of 300 characters of four bytes each is taken', async () => {
  const { database } = server;
  const node = await makeNode(database, { name: 'long' });
  for (const last of ['1', '2']) await makeService(database, node, { name: '🐘'.repeat(299) + last });
  const list = pagedList('services', '', below('long'));
  const { nodes } = await pageOf(server.admin, list, { after: await firstCursor(list) });
  expect(nodes).toHaveLength(1);
});
