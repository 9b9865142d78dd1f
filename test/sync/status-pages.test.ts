import { createDatabase, type TestDatabase } from '../support/database';
import { reader, type Reader } from '../support/reader';

// More nodes than are tried one by one before a page is looked for among all that have a status; also of most of them alone.
const FRONT = 21_000;
const REAR = 150;

interface Row {
  name: string;
  status: 'ACTIVE' | 'INACTIVE' | 'UNKNOWN';
  environment: string;
}

/** By name, those in front are ACTIVE; behind them every second has no host agent or a silent one. */
const ROWS = Array.from({ length: FRONT + REAR }, (_, index): Row => {
  const rare = index % 4 === 1 ? 'UNKNOWN' : 'INACTIVE';
  return {
    name: `n${String(index).padStart(5, '0')}`,
    status: index < FRONT || index % 2 === 0 ? 'ACTIVE' : rare,
    environment: index % 49 === 0 ? 'few' : 'most',
  };
});

let database: TestDatabase;
let read: Reader;

beforeAll(async () => {
  database = await createDatabase();
  read = reader(database);
  await database.query(
    `INSERT INTO node (id, type, name, address, environment)
     SELECT gen_random_uuid(), 'GENERIC', name, '192.0.2.1', environment FROM unnest($1::text[], $2::text[]) AS made (name, environment)`,
    [ROWS.map(({ name }) => name), ROWS.map(({ environment }) => environment)],
  );
  await database.query(
    `INSERT INTO agent (id, type, runs_on_node_id, enrolled_by) SELECT gen_random_uuid(), 'HOST_AGENT', id, 'TOKEN'
     FROM node WHERE name <> ALL ($1::text[])`,
    [namesOf(['UNKNOWN'])],
  );
  await database.query(
    `INSERT INTO liveness (agent_id, last_seen_at, sync_interval_seconds)
     SELECT agent.id, CASE WHEN name <> ALL ($1::text[]) THEN clock_timestamp() END, 900
     FROM agent JOIN node ON node.id = agent.runs_on_node_id`,
    [namesOf(['INACTIVE'])],
  );
});
afterAll(() => database.drop());

function namesOf(statuses: string[], environment?: string): string[] {
  return ROWS.filter(
    (row) => statuses.includes(row.status) && row.environment === (environment ?? row.environment),
  ).map(({ name }) => name);
}

const PAGES = `query ($filter: NodeFilter, $orderBy: NodeOrder, $first: Int, $after: String, $last: Int, $before: String) {
  nodes(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    nodes { name status } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

/** The names on the first three pages of twenty, or the last three. */
async function threePages(filter: object, direction: string, forward: boolean): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < 3; page++) {
    const place: object = forward ? { first: 20, after: cursor } : { last: 20, before: cursor };
    const { nodes } = await read(PAGES, { filter, orderBy: { field: 'NAME', direction }, ...place });
    const found: string[] = nodes.nodes.map(({ name }: Row) => name);
    if (forward) names.push(...found);
    else names.unshift(...found);
    const { hasNextPage, hasPreviousPage, startCursor, endCursor } = nodes.pageInfo;
    if (!(forward ? hasNextPage : hasPreviousPage)) break;
    cursor = forward ? endCursor : startCursor;
  }
  return names;
}

const STATUSES = [['INACTIVE'], ['UNKNOWN'], ['INACTIVE', 'UNKNOWN'], ['ACTIVE'], ['ACTIVE', 'UNKNOWN'], []];

describe.each(STATUSES.map((status) => [status]))('nodes of status %p', (status) => {
  test.each([
    ['ASC', true],
    ['ASC', false],
    ['DESC', true],
    ['DESC', false],
  ])('are on the pages that they belong on, sorted %s, forward: %p', async (direction, forward) => {
    for (const environment of [undefined, 'few', 'most']) {
      const filter = { status, ...(environment && { environment: { eq: environment } }) };
      const inOrder = namesOf(status, environment);
      const sorted = direction === 'ASC' ? inOrder : inOrder.toReversed();
      expect(await threePages(filter, direction, forward)).toEqual(forward ? sorted.slice(0, 60) : sorted.slice(-60));
    }
  });

  test('are counted', async () => {
    const counted = await read('query ($filter: NodeFilter) { nodes(filter: $filter) { totalCount } }', {
      filter: { status, environment: { eq: 'most' } },
    });
    expect(counted.nodes.totalCount).toBe(namesOf(status, 'most').length);
  });
});

test('silent host agents are found wherever they are', async () => {
  const { agents } = await read(
    `{ agents(filter: { status: [INACTIVE] }, first: 200) { totalCount nodes { status runsOn { name } } } }`,
  );
  const names = agents.nodes.map(({ runsOn }: { runsOn: Row }) => runsOn.name).toSorted();
  expect(names).toEqual(namesOf(['INACTIVE']));
  expect(agents.totalCount).toBe(names.length);
});
