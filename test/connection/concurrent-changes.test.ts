import type { TestDatabase } from '../support/database';
import { makeNode } from '../support/inventory';
import { startServer, type TestServer } from '../support/server';
import { pagedList, walk, type Connection } from './lists';

let server: TestServer;
let database: TestDatabase;

beforeEach(async () => {
  server = await startServer();
  ({ database } = server);
});
afterEach(() => server.stop());

/** Ten nodes, n05 to n95, two of each instant. */
async function tenNodes(): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < 10; index++)
    ids.push(await makeNode(database, { name: `n${index}5`, created_at: new Date(Date.UTC(2026, 0, 1 + index / 2)) }));
  return ids;
}

const ORDERS = ['NAME', 'CREATED_AT'].flatMap((field) =>
  ['ASC', 'DESC'].flatMap((way) =>
    (['forward', 'backward'] as const).map((direction) => [field, way, direction] as const),
  ),
);

test.each(ORDERS)(
  'a walk by %s %s, %s, meets every node that stays once, whatever is added and removed meanwhile',
  async (field, way, direction) => {
    const ids = await tenNodes();
    const removed = new Set<string>();
    let round = 0;
    const change = async (page: Connection) => {
      // What the cursor points at goes, and so does something that was not met yet or was already.
      const { endCursor } = page.pageInfo;
      for (const id of [page.edges.find(({ cursor }) => cursor === endCursor)!.node.id, ids[(round * 7 + 3) % 10]!]) {
        removed.add(id);
        await database.query('DELETE FROM node WHERE id = $1', [id]);
      }
      // New ones come before, between and after, at instants that others have too.
      for (const place of [0, 4, 9])
        await makeNode(database, {
          name: `n${place}${round}`,
          created_at: new Date(Date.UTC(2026, 0, 1 + place / 2)),
        });
      round += 1;
    };
    const list = pagedList('nodes', `orderBy: { field: ${field}, direction: ${way} }`);
    const met = await walk(server.viewer, list, direction, 3, change);
    const stayed = ids.filter((id) => !removed.has(id));
    expect(round).toBeGreaterThanOrEqual(2);
    expect(stayed.length).toBeGreaterThan(0);
    expect(new Set(met).size).toBe(met.length);
    expect(met).toEqual(expect.arrayContaining(stayed));
  },
);
