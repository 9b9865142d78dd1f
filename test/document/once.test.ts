import { getNamedType, isObjectType, type GraphQLField } from 'graphql';
import { mutationsOnce } from '../../src/document/once';
import { createSchema } from '../../src/schema';
import { codes } from '../support/client';
import { enrol, issueToken } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { expectExcess } from './excess';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

describe('a mutation that makes, takes or ends a key or token may stand once in a document', () => {
  const NAMES = [
    'registerAgent',
    'issueRegistrationToken',
    'revokeRegistrationToken',
    'issueApiKey',
    'rotateApiKey',
    'revokeApiKey',
    'requestRegistration',
    'approveRegistration',
  ];

  test.each(NAMES)('%s', async (name) => {
    const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input`;
    const field = `${name}(input: $input) { __typename }`;
    const once = await server.admin(`mutation ($input: ${type}!) { a: ${field} }`, {});
    // It comes as far as its variables, of which one is missing.
    expect(codes(once)).toEqual(['BAD_USER_INPUT']);
    for (const text of [
      `mutation ($input: ${type}!) { a: ${field} b: ${field} }`,
      `mutation ($input: ${type}!) { ...A ... on Mutation { ${field} } } fragment A on Mutation { a: ${field} }`,
      `mutation A($input: ${type}!) { ${field} } mutation B($input: ${type}!) { ${field} }`,
    ])
      expectExcess(await server.admin(text, {}), { limit: name, bound: 1, measure: 2 });
  });

  test('are all that give out a secret, that let an agent in, and that end one', () => {
    const schema = createSchema();
    const giving = Object.values(schema.getMutationType()!.getFields()).filter(givesSecret);
    expect(giving).toHaveLength(4);
    expect(NAMES).toEqual(expect.arrayContaining(giving.map(({ name }) => name)));
    expect(mutationsOnce(schema)).toEqual(new Set(NAMES));
  });

  test('so that one request is one attempt', async () => {
    const { secret } = await issueToken(server.admin, { maxUses: 2 });
    const field = (name: string) =>
      `${name}: registerAgent(input: { token: "${secret}", node: { name: "once-${name}" } }) { agentId }`;
    expect(codes(await server.anonymous(`mutation { ${field('a')} ${field('b')} }`))).toEqual(['LIMIT_EXCEEDED']);
    expect(await server.database.query(`SELECT FROM node WHERE name LIKE 'once-%'`)).toEqual([]);
  });

  test('and no other has such a bound', async () => {
    const { secret } = await enrol(server.admin);
    const field = 'syncAgent(input: $input) { generation }';
    const answer = await server.as(secret)(`mutation ($input: SyncAgentInput!) { a: ${field} b: ${field} }`, {
      input: { bootId: '01a1f83b-9958-4549-95d1-f8af61f559a4' },
    });
    expect(answer.errors).toEqual([]);
  });
});

function givesSecret({ type }: GraphQLField<unknown, unknown>): boolean {
  const payload = getNamedType(type);
  return isObjectType(payload) && 'secret' in payload.getFields();
}
