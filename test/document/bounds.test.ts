import { codes } from '../support/client';
import { issueToken } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { expectExcess } from './excess';

let server: TestServer;
let small: TestServer;
beforeAll(async () => {
  server = await startServer();
  small = await startServer({
    limits: { depth: 5, tokens: 100, aliases: 2, directives: 2, objects: 201 },
  });
});
afterAll(async () => {
  await server.stop();
  await small.stop();
});

const times = (count: number, part: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => part(index)).join(' ');

const aliases = (count: number) => `{ ${times(count, (index) => `a${index}: version { version }`)} }`;
const directives = (count: number) => `{ ${times(count, () => 'version @skip(if: false) { version }')} }`;
/** The rest of the document has 16 tokens. */
const tokens = (count: number) => `{ nodes(filter: { ids: [${times(count - 16, () => '"a"')}] }) { totalCount } }`;
/** A node, its services, their nodes and so on. */
const depth = (levels: number) =>
  levels === 1
    ? '{ __typename }'
    : `{ nodes(first: 1) ${depthBelow(levels - 1, ['nodes', 'services(first: 1)', 'nodes', 'node'])} }`;
function depthBelow(levels: number, [field, ...more]: string[]): string {
  if (levels === 1) return '{ __typename }';
  const next = more.length > 0 ? more : ['services(first: 1)', 'nodes', 'node'];
  return `{ ${field} ${depthBelow(levels - 1, next)} }`;
}

const fragments = (count: number) =>
  `{ ${times(10, () => '...F')} } fragment F on Query { ${times(count, () => '__typename')} }`;
const pages = (more: string) => `query ($first: Int!) { nodes(first: $first) { nodes { id } ${more} } }`;
const largestPages = (inner: string) =>
  `{ nodes(first: 200) { nodes { services(first: 200) { nodes { id ${inner} } } } } }`;
const nested = (levels: number) =>
  `{ nodes(filter: ${'{ not: '.repeat(levels - 3)}{}${'}'.repeat(levels - 3)}) { totalCount } }`;
const equal = (count: number) => `{ ${times(count, () => '__typename')} }`;

describe.each<[string, (count: number) => string, number, number]>([
  ['depth', depth, 15, 5],
  ['tokens', tokens, 5000, 100],
  ['aliases', aliases, 30, 2],
  ['directives', directives, 50, 2],
])('limits.%s', (name, document, usual, set) => {
  test(`lets ${usual} pass and refuses one more`, async () => {
    expect((await server.viewer(document(usual))).errors).toEqual([]);
    const answer = await server.viewer(document(usual + 1));
    expectExcess(answer, { limit: `limits.${name}`, bound: usual, measure: usual + 1 });
  });

  test('is what the setting says', async () => {
    expect((await small.viewer(document(set))).errors).toEqual([]);
    const answer = await small.viewer(document(set + 1));
    expectExcess(answer, { limit: `limits.${name}`, bound: set, measure: set + 1 });
  });
});

describe('limits.tokens', () => {
  test('is also for what a document has when its fragments are written out', async () => {
    expect((await small.viewer(fragments(9))).errors).toEqual([]);
    expectExcess(await small.viewer(fragments(10)), { limit: 'limits.tokens', bound: 100, measure: 101 });
  });
});

describe('limits.objects', () => {
  test('lets as many objects be asked for as the setting says, and refuses one more before anything is executed', async () => {
    expect((await small.viewer(pages(''), { first: 200 })).errors).toEqual([]);
    const answer = await small.viewer(pages('pageInfo { hasNextPage }'), { first: 200 });
    expectExcess(answer, { limit: 'limits.objects', bound: 201, measure: 202 });
  });

  test('is 50,000: two levels of the largest pages pass, a third does not', async () => {
    expect((await server.viewer(largestPages(''))).errors).toEqual([]);
    const answer = await server.viewer(largestPages('agents(first: 200) { nodes { id } }'));
    expectExcess(answer, { limit: 'limits.objects', bound: 50_000, measure: 1 + 200 * (2 + 200 * 202) });
  });

  test('refuses a mutation before it does anything', async () => {
    const { token } = await issueToken(small.admin);
    const answer = await small.admin(
      `mutation ($id: ID!) { revokeRegistrationToken(input: { id: $id }) { token { agents(first: 200) { nodes { id } } } } }`,
      { id: token.id },
    );
    expectExcess(answer, { limit: 'limits.objects', bound: 201, measure: 203 });
    const rows = await small.database.query('SELECT revoked_at FROM registration_token WHERE id = $1', [token.id]);
    expect(rows).toEqual([{ revoked_at: null }]);
  });

  test('leaves a page that is too large to the list, which names the argument', async () => {
    expect(codes(await server.viewer('{ nodes(first: 2000000000) { nodes { id } } }'))).toEqual(['BAD_USER_INPUT']);
  });
});

describe('what no setting changes', () => {
  test('is how deep a document may be nested', async () => {
    expect(codes(await server.viewer(nested(64)))).toEqual(['BAD_USER_INPUT']);
    expectExcess(await server.viewer(nested(65)), { limit: 'nesting', bound: 64, measure: 65 });
  });

  test('is how long a name may be', async () => {
    expect((await server.viewer(`query ${'Q'.repeat(200)} { __typename }`)).errors).toEqual([]);
    expectExcess(await server.viewer(`query ${'Q'.repeat(201)} { __typename }`), {
      limit: 'names',
      bound: 200,
      measure: 201,
    });
  });

  test('is how many pairs of equal fields it may have', async () => {
    expect((await server.viewer(equal(141))).errors).toEqual([]);
    expectExcess(await server.viewer(equal(142)), { limit: 'repetitions', bound: 10_000, measure: 10_011 });
  });
});

test('a document that passed is let pass again, and one that did not is refused again', async () => {
  for (let time = 0; time < 2; time++) {
    expect((await small.viewer(aliases(2))).errors).toEqual([]);
    expect(codes(await small.viewer(aliases(3)))).toEqual(['LIMIT_EXCEEDED']);
  }
});

test('a document is measured although a text was seen before that differs in half a character, and is none', async () => {
  const [none, one] = ['\ud800', '\ufffd'].map((character) => `#${character}\n${aliases(3)}`);
  expect(codes(await small.viewer(none!))).toEqual(['GRAPHQL_PARSE_FAILED']);
  expect(codes(await small.viewer(one!))).toEqual(['LIMIT_EXCEEDED']);
});

test('a client that takes application/json alone is told 400 beyond a bound, and 200 of a faulty document', async () => {
  expect(await statusOf(aliases(3))).toBe(400);
  expect(await statusOf('{ nodes(first: 200) { edges { node { id } } } }')).toBe(400);
  expect(await statusOf('{ absent }')).toBe(200);
});

async function statusOf(query: string): Promise<number> {
  const type = 'application/json';
  const response = await fetch(`${small.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': type, accept: type, authorization: `Bearer ${small.keys.VIEWER}` },
    body: JSON.stringify({ query }),
  });
  return response.status;
}
