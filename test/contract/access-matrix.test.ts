import { GraphQLError, type GraphQLResolveInfo } from 'graphql';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { guardedFields } from '../../src/access/authorization';
import { Role } from '../../src/access/role';
import type { Context } from '../../src/context';
import { Forbidden, Unauthenticated } from '../../src/errors';
import { createSchema } from '../../src/schema';
import { codes, graphqlClient, type GraphQLClient } from '../support/client';
import { enrol } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { minimalOperation } from './minimal-operation';

type Who = 'anonymous' | Role;
const EVERYBODY: Who[] = ['anonymous', Role.AGENT, Role.VIEWER, Role.EDITOR, Role.ADMIN];

// Written by hand, a line a field: its name, and who may use it.
const COMMITTED = new Map(
  readFileSync(path.join(__dirname, 'access-matrix.txt'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => [line.split(/\s+/)[0]!, line.split(/\s+/).slice(1)] as const),
);

const schema = createSchema();
const guarded = guardedFields(schema).map(({ type, field }) => ({ name: `${type.name}.${field.name}`, type, field }));
const roots = guarded.filter(({ type }) => type === schema.getQueryType() || type === schema.getMutationType());

test('access-matrix.txt lists every root field and every relation, and nothing else', () => {
  expect(guarded.map(({ name }) => name).toSorted()).toEqual([...COMMITTED.keys()]);
});

test.each(guarded)('the rule in front of $name lets in whom access-matrix.txt names', async ({ name, field }) => {
  const allowed = [];
  for (const who of EVERYBODY) if (await passes(field.resolve!, who)) allowed.push(who);
  expect(allowed).toEqual(COMMITTED.get(name));
});

describe('over HTTP', () => {
  let server: TestServer;
  let clients: Record<Who, GraphQLClient>;

  beforeAll(async () => {
    server = await startServer();
    const { admin, editor, viewer, anonymous, url } = server;
    const agent = graphqlClient(url, (await enrol(admin)).secret);
    clients = { anonymous, AGENT: agent, VIEWER: viewer, EDITOR: editor, ADMIN: admin };
  });

  afterAll(() => server.stop());

  test.each(roots)('$name answers whom access-matrix.txt names, and nobody else', async ({ name, type, field }) => {
    const [text, variables] = minimalOperation(type === schema.getMutationType() ? 'mutation' : 'query', field);
    for (const who of EVERYBODY) {
      const answer = await clients[who](
        text,
        name === 'Mutation.rotateApiKey' ? await ownKey(clients[who]) : variables,
      );
      // Anything but 200 would mean that the operation never came as far as the rule.
      expect({ who, status: answer.status }).toEqual({ who, status: 200 });
      const refused = codes(answer).filter((code) => code === 'UNAUTHENTICATED' || code === 'FORBIDDEN');
      const expected = who === 'anonymous' ? ['UNAUTHENTICATED'] : ['FORBIDDEN'];
      expect({ who, refused }).toEqual({ who, refused: COMMITTED.get(name)!.includes(who) ? [] : expected });
    }
  });
});

/** Of keys that are not its own, a caller is refused behind the rule. */
async function ownKey(client: GraphQLClient): Promise<Record<string, unknown>> {
  const { data } = await client('{ caller { apiKey { id } } }');
  return { input: { id: data?.caller.apiKey.id ?? randomUUID() } };
}

/** Whether the guarded resolver goes further than its rule; what lies behind fails for want of a context. */
async function passes(resolve: (...all: never[]) => unknown, who: Who): Promise<boolean> {
  const caller = who === 'anonymous' ? null : { keyId: '', publicId: '', name: '', role: who, agentId: null };
  const call = resolve as (source: object, args: object, context: Context, info: GraphQLResolveInfo) => unknown;
  try {
    await call({}, {}, { caller } as Context, {} as GraphQLResolveInfo);
  } catch (error) {
    if (error instanceof GraphQLError) throw error;
    return !(error instanceof Unauthenticated || error instanceof Forbidden);
  }
  return true;
}
