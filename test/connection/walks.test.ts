import type { TestDatabase } from '../support/database';
import { makeAgent, makeHostAgent, makeNode, makeService, makeToken, type Row } from '../support/inventory';
import { startServer, type TestServer } from '../support/server';
import { pagedList, walk } from './lists';

let server: TestServer;
let database: TestDatabase;
/** It enrolled all agents but one. */
let token: string;

/** More than pages hold, several of each instant, and names that collations sort differently. */
const COUNT = 23;
const NAMES = ['a', 'B', 'a-b', 'a.b', 'a_b', 'ab', 'A1', 'a10', 'a2', 'Z', 'z0', '0', '9z'];
const WIDE_NAMES = ['Österreich', 'oslo', 'Zürich', 'zzz', '日本', 'éclair', 'eclipse', 'naïve', "o'brien", 'a b', '"'];

function instants(index: number): Row {
  const created = Date.UTC(2026, 0, 1 + Math.floor(index / 7));
  const updated = Date.UTC(2026, 5, 30 - Math.floor(index / 5), 0, 0, 0, index % 5 === 0 ? 1 : 0);
  return { created_at: new Date(created), updated_at: new Date(updated) };
}

beforeAll(async () => {
  server = await startServer();
  ({ database } = server);
  const parent = await makeNode(database, { name: 'parent', ...instants(0) });
  const supervisor = await makeHostAgent(database, parent, instants(0));
  const service = await makeService(database, parent, { name: 'observed', ...instants(0) });
  token = await makeToken(database, { max_uses: COUNT, uses: COUNT });
  for (let index = 0; index < COUNT; index++) {
    const node = await makeNode(database, { name: NAMES[index] ?? `n${index}`, ...instants(index) });
    await makeService(database, parent, { name: WIDE_NAMES[index] ?? `s${index}`, ...instants(index) });
    const observes = index % 2 === 0 ? { observed_node_id: parent } : { observed_service_id: service };
    const agent = await makeAgent(database, node, supervisor, { ...observes, ...instants(index) });
    await makeToken(database, { created_at: instants(index)['created_at'] });
    await database.query(
      `INSERT INTO registration_token_claim (id, token_id, node_name, agent_id, api_key_id)
       SELECT gen_random_uuid(), $1, 'some', $2, id FROM api_key LIMIT 1`,
      [token, agent],
    );
  }
});
afterAll(() => server.stop());

async function idsBySql(from: string, order: string): Promise<string[]> {
  const rows = await database.query<{ id: string }>(`SELECT item.id FROM ${from} ORDER BY ${order}`);
  return rows.map(({ id }) => id);
}

const NAME = 'lower(item.name) COLLATE "C"';

/** Each list in each order: what is asked for, and the same in SQL. */
const ORDERS: [name: string, own: string, table: string, sort: string][] = [
  ...(['nodes', 'services'] as const).flatMap((name): typeof ORDERS =>
    [
      ['NAME', NAME],
      ['CREATED_AT', 'item.created_at'],
      ['UPDATED_AT', 'item.updated_at'],
    ].map(([field, sort]) => [name, `field: ${field}`, name.slice(0, -1), sort!]),
  ),
  ['agents', 'field: TYPE', 'agent', 'item.type'],
  ['agents', 'field: CREATED_AT', 'agent', 'item.created_at'],
  ['agents', 'field: UPDATED_AT', 'agent', 'item.updated_at'],
];

describe.each(['forward', 'backward'] as const)('a walk %s', (direction) => {
  test.each(ORDERS)('through %s (%s) meets each row once, in order', async (name, field, table, sort) => {
    for (const way of ['ASC', 'DESC']) {
      const list = pagedList(name, `orderBy: { ${field}, direction: ${way} }`);
      const expected = await idsBySql(`${table} AS item`, `${sort} ${way}, item.id ${way}`);
      for (const size of [1, 5, 200]) expect(await walk(server.viewer, list, direction, size)).toEqual(expected);
    }
  });

  test.each([
    ['nodes', 'node', `${NAME}, item.id`],
    ['services', 'service', `${NAME}, item.id`],
    ['agents', 'agent', 'item.created_at DESC, item.id DESC'],
    ['registrationTokens', 'registration_token', 'item.created_at DESC, item.id DESC'],
  ])('through %s is by name, or newest first, unless an order is given', async (name, table, order) => {
    const expected = await idsBySql(`${table} AS item`, order);
    expect(await walk(server.admin, pagedList(name), direction, 4)).toEqual(expected);
  });

  const NEWEST_FIRST = 'item.created_at DESC, item.id DESC';

  test.each([
    ['the services of a node', 'services', 'node(by: { name: "parent" }) { * }', 'service AS item', `${NAME}, item.id`],
    [
      'the agents of a node',
      'agents',
      'node(by: { name: "parent" }) { * }',
      `agent AS item WHERE runs_on_node_id IN (SELECT id FROM node WHERE name = 'parent')`,
      NEWEST_FIRST,
    ],
    [
      'the observers of a node',
      'observers',
      'node(by: { name: "parent" }) { * }',
      'agent AS item WHERE observed_node_id IS NOT NULL',
      NEWEST_FIRST,
    ],
    [
      'the agents that observe a service',
      'agents',
      'service(by: { name: "observed" }) { * }',
      'agent AS item WHERE observed_service_id IS NOT NULL',
      NEWEST_FIRST,
    ],
    [
      'the agents that a host agent supervises',
      'supervised',
      'node(by: { name: "parent" }) { hostAgent { * } }',
      'agent AS item WHERE supervisor_id IS NOT NULL',
      NEWEST_FIRST,
    ],
  ])('through %s meets each once, in order', async (_, name, around, from, order) => {
    const expected = await idsBySql(from, order);
    expect(await walk(server.viewer, pagedList(name, '', around), direction, 3)).toEqual(expected);
  });

  test('through the agents that a registration token enrolled meets each once, newest first', async () => {
    const expected = await idsBySql(
      'agent AS item WHERE id IN (SELECT agent_id FROM registration_token_claim)',
      NEWEST_FIRST,
    );
    const list = pagedList('agents', '', `registrationToken(id: "${token}") { * }`);
    expect(await walk(server.admin, list, direction, 3)).toEqual(expected);
    expect(expected).toHaveLength(COUNT);
  });
});
