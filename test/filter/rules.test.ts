import { codes, dataOf, type Answer } from '../support/client';
import { makeNode } from '../support/inventory';
import { startServer, type TestServer } from '../support/server';

let server: TestServer;

const ROWS: Record<string, { environment?: string; tags?: string[]; labels?: Record<string, string> }> = {
  a: { environment: 'Prod', tags: ['x'], labels: { k: 'v' } },
  b: { environment: 'production' },
  c: {},
  d: { environment: '100%_done' },
  e: { environment: '100 percent done' },
  f: { environment: 'back\\slash' },
  g: { environment: 'ÄÖÜ' },
};
const ALL = Object.keys(ROWS);

beforeAll(async () => {
  server = await startServer();
  for (const [name, row] of Object.entries(ROWS)) await makeNode(server.database, { name, ...row });
});
afterAll(() => server.stop());

function ask(filter: unknown): Promise<Answer> {
  return server.viewer('query ($filter: NodeFilter) { nodes(filter: $filter) { nodes { name } } }', { filter });
}

async function found(filter: unknown): Promise<string[]> {
  return dataOf(await ask(filter)).nodes.nodes.map(({ name }: { name: string }) => name);
}

const without = (...names: string[]) => ALL.filter((name) => !names.includes(name));

test.each<[what: string, filter: unknown, names: string[]]>([
  [
    'null in every field',
    { ids: null, type: null, name: null, tags: null, labels: null, and: null, or: null, not: null, silentSince: null },
    ALL,
  ],
  ['a condition on text that asks for nothing', { name: {} }, ALL],
  [
    'a condition on text with null in every field',
    { environment: { eq: null, in: null, contains: null, startsWith: null } },
    ALL,
  ],
  ['an empty list of ids', { ids: [] }, []],
  ['an empty list of kinds', { type: [] }, []],
  ['an empty list of statuses', { status: [] }, []],
  ['an empty list of texts', { environment: { in: [] } }, []],
  ['an empty list of values of a label', { labels: [{ name: 'k', in: [] }] }, []],
  ['an empty or', { or: [] }, []],
  ['an empty and', { and: [] }, ALL],
  ['not of an empty or', { not: { or: [] } }, ALL],
  ['not of what asks for nothing', { not: {} }, []],
  ['an or with one that asks for nothing', { or: [{ name: { eq: 'a' } }, {}] }, ALL],
  ['no tags', { tags: [] }, ALL],
  ['no conditions on labels', { labels: [] }, ALL],
  ['a label with null for its values', { labels: [{ name: 'k', in: null }] }, ['a']],
  ['eq, in its case alone', { environment: { eq: 'prod' } }, []],
  ['in, in its case alone', { environment: { in: ['prod', 'PRODUCTION', 'Prod'] } }, ['a']],
  ['contains, whatever the case', { environment: { contains: 'ROD' } }, ['a', 'b']],
  ['startsWith, whatever the case', { environment: { startsWith: 'pROD' } }, ['a', 'b']],
  ['startsWith of one character', { environment: { startsWith: 'P' } }, ['a', 'b']],
  ['startsWith of nothing, which nobody without text does', { environment: { startsWith: '' } }, without('c')],
  ['contains of letters beyond ASCII, whatever the case', { environment: { contains: 'äöü' } }, ['g']],
  ['contains with %, which stands for itself', { environment: { contains: '00%' } }, ['d']],
  ['contains with _, which stands for itself', { environment: { contains: '%_d' } }, ['d']],
  ['startsWith with _, which stands for itself', { environment: { startsWith: '100_' } }, []],
  ['contains with \\, which stands for itself', { environment: { contains: 'k\\s' } }, ['f']],
  ['contains with \\\\, which nobody has', { environment: { contains: 'k\\\\s' } }, []],
  ["contains with ', which ends nothing", { environment: { contains: "a' OR 'a' = 'a" } }, []],
  ['two conditions on one text', { environment: { startsWith: 'prod', contains: 'uction' } }, ['b']],
  ['not, which holds where the text is null', { not: { environment: { contains: 'prod' } } }, without('a', 'b')],
  ['not of not', { not: { not: { environment: { contains: 'prod' } } } }, ['a', 'b']],
  ['not of a conjunction', { not: { environment: { contains: 'prod' }, name: { eq: 'a' } } }, without('a')],
  [
    'and, or and not together',
    { and: [{ or: [{ name: { in: ['a', 'c'] } }, { name: { eq: 'd' } }] }, { not: { tags: ['x'] } }] },
    ['c', 'd'],
  ],
  [
    'own conditions beside an or',
    { name: { in: ['a', 'b'] }, or: [{ name: { eq: 'a' } }, { name: { eq: 'c' } }] },
    ['a'],
  ],
  ['not of a label', { not: { labels: [{ name: 'k' }] } }, without('a')],
  ['half of a surrogate pair, which nobody has', { labels: [{ name: 'k', in: ['\ud800', 'v'] }] }, ['a']],
  ['70,000 values of a label', { labels: [{ name: 'k', in: [...Array<string>(70_000).fill(''), 'v'] }] }, ['a']],
  ['70,000 texts', { name: { in: [...Array<string>(70_000).fill(''), 'a'] } }, ['a']],
])('a filter of %s', async (_, filter, names) => {
  expect(await found(filter)).toEqual(names);
});

test.each([
  ['one character', 'a'],
  ['two characters', 'ab'],
  ['two characters of four bytes', '🐘🐘'],
  ['none', ''],
])('contains of %s is refused, wherever it is nested', async (_, contains) => {
  const answer = await ask({ and: [{}, { not: { environment: { contains } } }] });
  expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
  expect(answer.errors[0]!.extensions['fields']).toEqual([
    { path: 'filter.and.1.not.environment.contains', message: 'Give 3 characters at least.' },
  ]);
});

const nested = (levels: number): unknown => (levels === 1 ? { name: { eq: 'a' } } : { not: nested(levels - 1) });

test('five levels of a filter pass', async () => {
  expect(await found(nested(5))).toEqual(['a']);
});

test.each([
  ['six levels by not', nested(6)],
  ['six levels by and', { and: [{ and: [{ and: [{ and: [{ and: [{}] }] }] }] }] }],
  ['six levels by or', { or: [{ or: [{ or: [{ or: [{ or: [{}] }] }] }] }] }],
  // As deep as JSON may be nested.
  ['sixty levels', nested(60)],
])('%s of a filter are refused', async (_, filter) => {
  const answer = await ask(filter);
  expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
  expect(answer.errors[0]!.extensions['fields']).toEqual([
    { path: expect.stringMatching(/^filter\./), message: 'Nest 5 levels at most.' },
  ]);
});

test('variables nested too deep to be read at all are an error that tells nothing, and the server goes on', async () => {
  const deep = `${'{"not":'.repeat(30_000)}{}${'}'.repeat(30_000)}`;
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${server.keys.VIEWER}` },
    body: `{"query":"query ($filter: NodeFilter) { nodes(filter: $filter) { totalCount } }","variables":{"filter":${deep}}}`,
  });
  const { errors } = (await response.json()) as Answer;
  expect(errors).toHaveLength(1);
  expect(errors[0]!.message).not.toMatch(/stack|undefined|RangeError/);
  expect(await found({ name: { eq: 'a' } })).toEqual(['a']);
});

const conditions = (count: number) => ({ or: Array.from({ length: count }, () => ({ name: { eq: 'a' } })) });

test.each([
  ['in one or', conditions(50)],
  ['of one kind and another', { name: { eq: 'a', startsWith: 'a' }, ...conditions(48) }],
  ['on labels', { labels: Array.from({ length: 50 }, () => ({ name: 'k' })) }],
])('fifty conditions %s pass', async (_, filter) => {
  expect(await found(filter)).toEqual(['a']);
});

test.each([
  ['in one or', conditions(51)],
  ['in several branches', { and: [conditions(25), conditions(25), { name: { eq: 'a' } }] }],
  ['of one kind and another', { name: { eq: 'a', startsWith: 'a' }, ...conditions(49) }],
  ['on labels', { labels: Array.from({ length: 51 }, () => ({ name: 'k' })) }],
])('51 conditions %s are refused', async (_, filter) => {
  const answer = await ask(filter);
  expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
  expect(answer.errors[0]!.extensions['fields']).toEqual([
    { path: expect.stringMatching(/^filter/), message: 'Give 50 conditions at most.' },
  ]);
});

test.each([
  ['eq', { name: { eq: 'canary\u0000' } }],
  ['in', { name: { in: ['a', 'canary\u0000'] } }],
  ['contains', { name: { contains: 'canary\u0000' } }],
  ['startsWith', { name: { startsWith: 'canary\u0000' } }],
  ['a tag', { tags: ['canary\u0000'] }],
  ['the name of a label', { labels: [{ name: 'canary\u0000' }] }],
  ['the name of a label with values', { labels: [{ name: 'canary\u0000', in: ['v'] }] }],
  ['the value of a label', { labels: [{ name: 'k', in: ['canary\u0000'] }] }],
])('NUL in %s is BAD_USER_INPUT and not repeated', async (_, filter) => {
  const answer = await ask(filter);
  expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
  expect(answer.text).not.toContain('canary');
});
