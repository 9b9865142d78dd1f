import { getIntrospectionQuery } from 'graphql';
import { codes, dataOf, graphqlClient } from '../support/client';
import { enrol } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';

const WAYS: [string, string][] = [
  ['the usual query', getIntrospectionQuery()],
  ['__schema', '{ __schema { queryType { name } } }'],
  ['__type', '{ __type(name: "Node") { name } }'],
  ['an alias', '{ harmless: __schema { queryType { name } } }'],
  ['a place beside what is public', '{ version { version } __schema { queryType { name } } }'],
  ['an inline fragment', '{ ... on Query { ... { __type(name: "Node") { name } } } }'],
  [
    'a fragment',
    'query { ...more } fragment more on Query { ...deeper } fragment deeper on Query { __schema { queryType { name } } }',
  ],
  [
    'a directive',
    'query ($no: Boolean = false) { version { version } __schema @skip(if: $no) { queryType { name } } }',
  ],
];

describe('the schema', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  test.each(WAYS)('is not told to the anonymous by %s', async (_, query) => {
    const answer = await server.anonymous(query);
    expect(answer.status).toBe(200);
    expect(codes(answer)).toEqual(['UNAUTHENTICATED']);
    expect(answer.data ?? null).toBeNull();
    expect(answer.errors[0]!.message).toBe('The schema is shown to whoever gives an API key.');
  });

  test('is told to whoever has a key, an agent too', async () => {
    const agent = graphqlClient(server.url, (await enrol(server.admin)).secret);
    for (const client of [agent, server.viewer, server.editor, server.admin])
      expect(dataOf(await client('{ schema: __schema { queryType { name } } }'))).toEqual({
        schema: { queryType: { name: 'Query' } },
      });
  });

  test('is not what __typename asks for: that is answered to anybody', async () => {
    expect(dataOf(await server.anonymous('{ __typename version { __typename } }'))).toEqual({
      __typename: 'Query',
      version: { __typename: 'ServerVersion' },
    });
  });
});

test('the schema is told to the anonymous where graphql.anonymous_introspection is set', async () => {
  const server = await startServer({ graphql: { anonymousIntrospection: true } });
  try {
    for (const [, query] of WAYS) expect(codes(await server.anonymous(query))).toEqual([]);
    expect(codes(await server.anonymous('{ caller { role } }'))).toEqual(['UNAUTHENTICATED']);
  } finally {
    await server.stop();
  }
});
