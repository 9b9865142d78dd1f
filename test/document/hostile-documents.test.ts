import { Role } from '../../src/access/role';
import { codes, dataOf } from '../support/client';
import { statementsOfRequests } from '../support/reader';
import { issueKey, startServer, type TestServer } from '../support/server';
import { HOSTILE_DOCUMENTS } from './hostile-documents';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

test('a key that the server has not met is looked up by a statement, which is seen', async () => {
  const key = await issueKey(server.database.dataSource, Role.ADMIN);
  const statements = await statementsOfRequests(server.database, async () =>
    dataOf(await server.as(key)('{ caller { role } }')),
  );
  expect(statements).toEqual([expect.stringContaining('api_key')]);
});

describe.each(HOSTILE_DOCUMENTS)('%s', (_, text, limit) => {
  test('is refused without any statement, not even for its key, each time', async () => {
    const key = await issueKey(server.database.dataSource, Role.ADMIN);
    const statements = await statementsOfRequests(server.database, async () => {
      for (const client of [server.as(key), server.as(key), server.anonymous]) {
        const answer = await client(text);
        expect(answer).toMatchObject({
          status: 400,
          data: undefined,
          errors: [{ extensions: { code: 'LIMIT_EXCEEDED', limit } }],
        });
        const { bound, measure } = answer.errors[0]!.extensions as { bound: number; measure: number };
        expect(measure).toBeGreaterThan(bound);
        const { message } = answer.errors[0]!;
        for (const part of [limit, bound, measure]) expect(message).toContain(String(part));
      }
    });
    expect(statements).toEqual([]);
  });
});

test.each([
  ['an operation with a name of GraphQL’s own', 'query __schema { version { version } }'],
  ['a fragment with such a name', '{ ...__F } fragment __F on Query { version { version } }'],
  ['a subscription, of which the schema has none,', 'subscription { version { version } }'],
  ['a subscription beside another operation', 'query A { version { version } } subscription B { __typename }'],
])('%s is refused without any statement', async (_, text) => {
  const statements = await statementsOfRequests(server.database, async () => {
    const answer = await server.anonymous(text);
    expect([answer.status, codes(answer)]).toEqual([400, ['BAD_USER_INPUT']]);
  });
  expect(statements).toEqual([]);
});

test.each([
  ['a fragment in itself', '{ ...A } fragment A on Query { ...A }'],
  ['a cycle of fragments', '{ ...A } fragment A on Query { ...B } fragment B on Query { version { version } ...A }'],
])('%s is refused without any statement', async (_, text) => {
  const statements = await statementsOfRequests(server.database, async () => {
    const answer = await server.anonymous(text);
    expect([answer.status, new Set(codes(answer))]).toEqual([400, new Set(['GRAPHQL_VALIDATION_FAILED'])]);
  });
  expect(statements).toEqual([]);
});

test('a persisted query is refused: it would be a document that was not measured', async () => {
  const extensions = { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } };
  const answer = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ extensions, query: '{ __typename }' }),
  });
  expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }] });
});

test('a list of operations is refused without any statement', async () => {
  const key = await issueKey(server.database.dataSource, Role.ADMIN);
  const statements = await statementsOfRequests(server.database, async () => {
    const answer = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify([{ query: '{ version { version } }' }]),
    });
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { errors: [{ extensions: { code: 'BAD_REQUEST' } }] },
    ]);
  });
  expect(statements).toEqual([]);
});

test('a document beyond a bound is refused by GET, too', async () => {
  const query = `{ ${Array.from({ length: 31 }, (_, index) => `a${index}: __typename`).join(' ')} }`;
  const answer = await fetch(`${server.url}/graphql?${new URLSearchParams({ query }).toString()}`, {
    headers: { 'apollo-require-preflight': 'yes' },
  });
  expect([answer.status, await answer.json()]).toMatchObject([
    400,
    { errors: [{ extensions: { limit: 'limits.aliases', measure: 31 } }] },
  ]);
});
