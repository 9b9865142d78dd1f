import {
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  type GraphQLFieldConfig,
  type GraphQLOutputType,
} from 'graphql';
import { guard, type Access } from '../../src/access/authorization';

// The interface has no id of its own: what implements it has.
const Named = new GraphQLInterfaceType({ name: 'Named', fields: { name: { type: GraphQLString } } });
const Disk = objectType('Disk', { id: { type: GraphQLString }, name: { type: GraphQLString } }, [Named]);
const DiskEdge = objectType('DiskEdge', { node: { type: Disk } });
const DiskConnection = objectType('DiskConnection', { edges: { type: new GraphQLList(DiskEdge) } });
const Size = objectType('Size', { bytes: { type: GraphQLInt } });

describe('a schema does not start', () => {
  test.each(['query', 'mutation', 'subscription'] as const)(
    'with a %s field that has no access rule, and names it',
    (root) => {
      const type = objectType(`Some${root}`, {
        ruled: ruled(GraphQLString, 'PUBLIC'),
        forgotten: { type: GraphQLString },
      });
      const schema = new GraphQLSchema({ query: queryOf({}), [root]: type });
      expect(() => guard(schema)).toThrow(`No access rule on Some${root}.forgotten.`);
    },
  );

  const relations: [string, GraphQLOutputType][] = [
    ['an object', Disk],
    ['a list of objects', new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(Disk)))],
    ['an interface', Named],
    ['a union', new GraphQLUnionType({ name: 'Anything', types: [Disk, Size] })],
    ['a connection', DiskConnection],
  ];
  test.each(relations)('with a relation to %s that has no access rule, and names it', (_, type) => {
    const host = objectType('Host', { id: { type: GraphQLString }, leads: { type } });
    const schema = new GraphQLSchema({ query: queryOf({ host: ruled(host, 'VIEWER') }), types: [Disk] });
    expect(() => guard(schema)).toThrow('No access rule on Host.leads.');
  });

  test('with several such fields, and names them all', () => {
    const host = objectType('Host', { disk: { type: Disk } });
    const query = queryOf({ host: ruled(host, 'ANY'), other: { type: GraphQLString } });
    expect(() => guard(new GraphQLSchema({ query }))).toThrow('No access rule on Query.other, Host.disk.');
  });

  test('with a relation on a type that only an interface leads to', () => {
    const host = objectType('Host', { name: { type: GraphQLString }, disk: { type: Disk } }, [Named]);
    const query = queryOf({ named: ruled(Named, 'ANY') });
    expect(() => guard(new GraphQLSchema({ query, types: [host] }))).toThrow('No access rule on Host.disk.');
  });
});

test('what is no relation needs no rule: scalars, values, and what carries the pages of a guarded list', () => {
  const host = objectType('Host', { name: { type: GraphQLString }, size: { type: Size } });
  const query = queryOf({ host: ruled(host, 'ANY'), disks: ruled(DiskConnection, 'VIEWER') });
  expect(() => guard(new GraphQLSchema({ query }))).not.toThrow();
});

test('a subscription is refused before it subscribes, and again at each event', async () => {
  const served: string[] = [];
  const changed = {
    ...ruled(GraphQLString, 'VIEWER'),
    subscribe: () => served.push('subscribed'),
    resolve: () => served.push('event'),
  };
  const subscription = objectType('Subscription', { changed });
  const schema = guard(new GraphQLSchema({ query: queryOf({}), subscription }));
  const field = schema.getSubscriptionType()!.getFields()['changed']!;
  const call = (how: 'subscribe' | 'resolve', role: string | null) =>
    field[how]!({}, {}, { caller: role && { role } }, {} as never);
  for (const how of ['subscribe', 'resolve'] as const) {
    expect(() => call(how, null)).toThrow('Give an API key');
    expect(() => call(how, 'AGENT')).toThrow('needs the role VIEWER');
  }
  expect(served).toEqual([]);
  call('subscribe', 'VIEWER');
  call('resolve', 'VIEWER');
  expect(served).toEqual(['subscribed', 'event']);
});

function ruled(type: GraphQLOutputType, access: Access | 'VIEWER'): GraphQLFieldConfig<unknown, unknown> {
  return { type, extensions: { access } };
}

function objectType(
  name: string,
  fields: Record<string, GraphQLFieldConfig<unknown, unknown>>,
  interfaces: GraphQLInterfaceType[] = [],
): GraphQLObjectType {
  return new GraphQLObjectType({ name, fields, interfaces });
}

function queryOf(fields: Record<string, GraphQLFieldConfig<unknown, unknown>>): GraphQLObjectType {
  return objectType('Query', { version: ruled(GraphQLString, 'PUBLIC'), ...fields });
}
