import type { TestDatabase } from '../support/database';
import { makeAgent, makeHostAgent, makeNode, makeService, type Row } from '../support/inventory';
import { startServer, type TestServer } from '../support/server';
import { pagedList, walk, type Connection } from './lists';

let server: TestServer;
let database: TestDatabase;

/** What nested lists hang on. */
let parents: { node: string; service: string; hostAgent: string };

beforeAll(async () => {
  server = await startServer();
  ({ database } = server);
});
afterAll(() => server.stop());

beforeEach(async () => {
  await database.query('DELETE FROM liveness; DELETE FROM agent; DELETE FROM service; DELETE FROM node');
  const node = await makeNode(database, { name: 'parent' });
  const service = await makeService(database, node, { name: 'parent' });
  parents = { node, service, hostAgent: await makeHostAgent(database, node) };
});

type Maker = (name: string, at: Row) => Promise<string>;

const agentOf =
  (row: () => Row): Maker =>
  (_, at) =>
    makeAgent(database, parents.node, parents.hostAgent, { ...row(), ...at });

const ofParent = (what: 'node' | 'service') => `${what}(by: { name: "parent" }) { * }`;

/** Each list: what it lists, where it is, what it is sorted by, and how it gets another item. */
const LISTS: [what: string, name: string, around: string, orders: string[], table: string, make: Maker][] = [
  ['all nodes', 'nodes', '*', ['NAME', 'CREATED_AT'], 'node', (name, at) => makeNode(database, { name, ...at })],
  [
    'all services',
    'services',
    '*',
    ['NAME', 'CREATED_AT'],
    'service',
    (name, at) => makeService(database, parents.node, { name, ...at }),
  ],
  [
    'the services of a node',
    'services',
    ofParent('node'),
    ['NAME', 'CREATED_AT'],
    'service',
    (name, at) => makeService(database, parents.node, { name, ...at }),
  ],
  [
    'all agents',
    'agents',
    '*',
    ['TYPE', 'CREATED_AT'],
    'agent',
    // Each on a node of its own.
    async (name, at) => makeHostAgent(database, await makeNode(database, { name: `of-${name}` }), at),
  ],
  ['the observers of a node', 'observers', ofParent('node'), ['CREATED_AT'], 'agent', agentOf(() => ({}))],
  [
    'the agents that observe a service',
    'agents',
    ofParent('service'),
    ['CREATED_AT'],
    'agent',
    agentOf(() => ({ observed_service_id: parents.service })),
  ],
  [
    'the agents that a host agent supervises',
    'supervised',
    'node(by: { name: "parent" }) { hostAgent { * } }',
    ['CREATED_AT'],
    'agent',
    agentOf(() => ({})),
  ],
];

const WALKS = LISTS.flatMap(([what, name, around, orders, table, make]) =>
  orders.flatMap((field) =>
    ['ASC', 'DESC'].flatMap((way) =>
      (['forward', 'backward'] as const).map((direction) => ({
        what,
        name,
        around,
        field,
        way,
        direction,
        table,
        make,
      })),
    ),
  ),
);

type Walk = (typeof WALKS)[number];

const instant = (place: number): Row => ({ created_at: new Date(Date.UTC(2026, 0, 1 + place / 2)) });

/** Ten items, n05 to n95, two of each instant. */
async function tenItems(make: Maker): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < 10; index++) ids.push(await make(`n${index}5`, instant(index)));
  return ids;
}

async function remove(table: string, id: string): Promise<void> {
  if (table === 'agent') await database.query('DELETE FROM liveness WHERE agent_id = $1', [id]);
  await database.query(`DELETE FROM ${table} WHERE id = $1`, [id]);
}

const walkThrough = ({ name, around, field, way, direction }: Walk, between?: (page: Connection) => Promise<void>) =>
  walk(
    server.viewer,
    pagedList(name, `orderBy: { field: ${field}, direction: ${way} }`, around),
    direction,
    3,
    between,
  );

function expectOnce(met: string[], stayed: string[]): void {
  expect(stayed.length).toBeGreaterThan(0);
  expect(new Set(met).size).toBe(met.length);
  expect(met).toEqual(expect.arrayContaining(stayed));
}

test.each(WALKS)(
  'a walk through $what by $field $way, $direction, meets each that stays once, whatever comes and goes between its pages',
  async (plan) => {
    const { table, make, direction } = plan;
    const ids = await tenItems(make);
    const removed = new Set<string>();
    let round = 0;
    const met = await walkThrough(plan, async ({ edges, pageInfo }) => {
      // What the cursor points at goes, and so does something that was not met yet or was already.
      const cursor = direction === 'forward' ? pageInfo.endCursor : pageInfo.startCursor;
      const [pointedAt] = edges.filter((edge) => edge.cursor === cursor && ids.includes(edge.node.id));
      for (const id of [...(pointedAt ? [pointedAt.node.id] : []), ids[(round * 7 + 3) % 10]!]) {
        removed.add(id);
        await remove(table, id);
      }
      // New ones come before, between and after, at instants that others have too; not for ever, or the end would never be reached.
      if (round < 3) for (const place of [0, 4, 9]) await make(`n${place}${round}`, instant(place));
      round += 1;
    });
    expect(round).toBeGreaterThanOrEqual(2);
    expect(removed.size).toBeGreaterThan(2);
    expectOnce(
      met,
      ids.filter((id) => !removed.has(id)),
    );
  },
);

test.each(WALKS)(
  'a walk through $what by $field $way, $direction, meets each that stays once while others come and go all the time',
  async (plan) => {
    const { table, make } = plan;
    const ids = await tenItems(make);
    const walking = { done: false };
    let changes = 0;
    let change: Promise<unknown> | undefined;
    const comeAndGo = async () => {
      for (; !walking.done; changes += 1) {
        const passing = make(`n${changes % 10}0-${changes}`, instant(changes % 10));
        change = passing.then((id) => remove(table, id));
        await change;
      }
    };
    const others = comeAndGo();
    // Each page comes amid another change.
    const met = await walkThrough(plan, async () => void (await change)).finally(() => (walking.done = true));
    await others;
    expect(changes).toBeGreaterThan(2);
    expectOnce(met, ids);
  },
);
