import { codes, dataOf } from '../support/client';
import { startServer, type TestServer } from '../support/server';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  for (const row of ROWS) await insert(row);
});
afterAll(() => server.stop());

const NOON = '2026-05-01T12:00:00.000Z';
const TARGET = '01900000-0000-7000-8000-00000000000a';

/** Oldest first; of the three of one instant, the id decides. */
const ROWS = [
  {
    id: 1,
    at: '2026-05-01T11:00:00.000Z',
    action: 'api_key.issue',
    actor_name: 'anna',
    actor_key_public_id: 'Anna00000000',
  },
  { id: 2, at: NOON, action: 'agent.register', outcome: 'REFUSED', target_id: TARGET, reason: 'TOKEN_USED' },
  { id: 3, at: NOON, action: 'agent.register', outcome: 'REFUSED', reason: 'TOKEN_INVALID', count: 7 },
  { id: 4, at: NOON, action: 'agent.register', target_id: TARGET, actor_name: 'registration token x' },
  {
    id: 5,
    at: '2026-05-01T13:00:00.000Z',
    action: 'api_key.revoke',
    actor_name: 'anna',
    actor_key_public_id: 'Anna00000000',
  },
];

const idOf = (number: number) => `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`;

async function insert({ id, ...row }: (typeof ROWS)[number]): Promise<void> {
  const columns = Object.entries({ outcome: 'SUCCEEDED', ...row, id: idOf(id) });
  await server.database.query(
    `INSERT INTO audit_event (${columns.map(([name]) => name).join(', ')}) VALUES (${columns.map((_, index) => `$${index + 1}`).join(', ')})`,
    columns.map(([, value]) => value),
  );
}

const LIST = `query ($filter: AuditEventFilter, $first: Int, $after: String, $last: Int, $before: String) {
  auditEvents(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    nodes { id } edges { cursor } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

async function list(variables: Record<string, unknown> = {}) {
  const { nodes, ...page } = dataOf(await server.admin(LIST, variables)).auditEvents;
  return { ...page, ids: nodes.map(({ id }: { id: string }) => Number(id.slice(-2))) };
}

test('audit events are listed newest first, and those of one instant in one order', async () => {
  expect(await list()).toMatchObject({ ids: [5, 4, 3, 2, 1], totalCount: 5 });
});

test.each([1, 2, 3])('pages of %i meet every event once, forward and backward', async (size) => {
  const forward: number[] = [];
  for (let after: string | null = null, more = true; more;) {
    const page = await list({ first: size, after });
    forward.push(...page.ids);
    [after, more] = [page.pageInfo.endCursor, page.pageInfo.hasNextPage];
  }
  expect(forward).toEqual([5, 4, 3, 2, 1]);
  const backward: number[] = [];
  for (let before: string | null = null, more = true; more;) {
    const page = await list({ last: size, before });
    backward.unshift(...page.ids);
    [before, more] = [page.pageInfo.startCursor, page.pageInfo.hasPreviousPage];
  }
  expect(backward).toEqual([5, 4, 3, 2, 1]);
});

test.each<[Record<string, unknown> | null, number[]]>([
  [null, [5, 4, 3, 2, 1]],
  [{}, [5, 4, 3, 2, 1]],
  [{ action: null, outcome: null, actorKeyPublicId: null, targetId: null, since: null, until: null }, [5, 4, 3, 2, 1]],
  [{ action: { eq: 'agent.register' } }, [4, 3, 2]],
  [{ action: { startsWith: 'API_KEY.' } }, [5, 1]],
  [{ action: { contains: 'rev' } }, [5]],
  [{ action: { in: [] } }, []],
  [{ outcome: ['REFUSED'] }, [3, 2]],
  [{ outcome: ['REFUSED', 'SUCCEEDED'] }, [5, 4, 3, 2, 1]],
  [{ outcome: [] }, []],
  [{ actorKeyPublicId: 'Anna00000000' }, [5, 1]],
  [{ actorKeyPublicId: 'anna00000000' }, []],
  [{ actorKeyPublicId: '' }, []],
  [{ targetId: TARGET }, [4, 2]],
  [{ targetId: TARGET.toUpperCase() }, [4, 2]],
  [{ targetId: 'nonsense' }, []],
  [{ targetId: '' }, []],
  [{ since: NOON }, [5, 4, 3, 2]],
  [{ until: NOON }, [1]],
  [{ since: NOON, until: '2026-05-01T12:00:00.001Z' }, [4, 3, 2]],
  [{ since: '2026-05-01T12:00:00.001Z' }, [5]],
  [{ action: { eq: 'agent.register' }, outcome: ['REFUSED'], targetId: TARGET }, [2]],
])('the filter %j finds %j', async (filter, ids) => {
  expect(await list({ filter })).toMatchObject({ ids, totalCount: ids.length });
});

test('too short a part to search for is refused, and a cursor belongs to its filter', async () => {
  const short = await server.admin(LIST, { filter: { action: { contains: 'ab' } } });
  expect(short.errors[0]!.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    fields: [{ path: 'filter.action.contains' }],
  });
  const { edges } = await list({ first: 1 });
  const other = await server.admin(LIST, { after: edges[0].cursor, filter: { outcome: ['REFUSED'] } });
  expect(codes(other)).toEqual(['BAD_USER_INPUT']);
});

test('an event tells all that is known of it, and null for the rest', async () => {
  const { nodes } = dataOf(
    await server.admin(`{ auditEvents(last: 3) { nodes {
      at action outcome actor { name keyPublicId } remoteAddress targetType targetId targetName reason
      changes { field before after } requestId count } } }`),
  ).auditEvents;
  const nothing = { remoteAddress: null, targetType: null, targetName: null, changes: [], requestId: null };
  const refused = { ...nothing, at: NOON, action: 'agent.register', outcome: 'REFUSED', actor: null };
  expect(nodes).toEqual([
    { ...refused, targetId: null, reason: 'TOKEN_INVALID', count: 7 },
    { ...refused, targetId: TARGET, reason: 'TOKEN_USED', count: 1 },
    {
      ...nothing,
      at: '2026-05-01T11:00:00.000Z',
      action: 'api_key.issue',
      outcome: 'SUCCEEDED',
      actor: { name: 'anna', keyPublicId: 'Anna00000000' },
      targetId: null,
      reason: null,
      count: 1,
    },
  ]);
});

test('what a flow has written is what is read', async () => {
  const { issueRegistrationToken } = dataOf(
    await server.admin('mutation { issueRegistrationToken(input: { region: "eu" }) { token { id publicId } } }'),
  );
  const { id, publicId } = issueRegistrationToken.token;
  const { nodes } = dataOf(
    await server.admin(
      `query ($id: ID!) { auditEvents(filter: { targetId: $id }) { nodes { action actor { name } remoteAddress targetType targetName changes { field before after } requestId } } }`,
      { id },
    ),
  ).auditEvents;
  expect(nodes).toEqual([
    {
      action: 'registration_token.issue',
      actor: { name: 'admin of the test' },
      remoteAddress: '127.0.0.1',
      targetType: 'registration_token',
      targetName: publicId,
      changes: expect.arrayContaining([{ field: 'region', before: null, after: 'eu' }]),
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    },
  ]);
});
