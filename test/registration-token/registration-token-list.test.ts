import { codes, dataOf } from '../support/client';
import { enrol, issueToken, register } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { expireToken, revokeToken } from '../enrolment/roll';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());
// Each test looks at the whole list.
beforeEach(() =>
  server.database
    .query('DELETE FROM registration_token_claim')
    .then(() => server.database.query('DELETE FROM registration_token')),
);

const LIST = `query ($filter: RegistrationTokenFilter, $first: Int, $after: String, $last: Int, $before: String) {
  registrationTokens(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    nodes { id } edges { cursor } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

async function list(variables: Record<string, unknown> = {}) {
  const { nodes, ...page } = dataOf(await server.admin(LIST, variables)).registrationTokens;
  return { ...page, ids: nodes.map(({ id }: { id: string }) => id) };
}

/** Issues so many tokens, one after another; their ids, newest first. */
async function issueTokens(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) ids.unshift((await issueToken(server.admin)).token.id);
  return ids;
}

/** One token of each status. */
async function tokensByStatus() {
  const [ACTIVE, expired, revoked] = await issueTokens(3);
  const used = await issueToken(server.admin);
  await register(server.anonymous, used.secret);
  await expireToken(server.database, expired!);
  await revokeToken(server.admin, revoked!);
  return { ACTIVE: ACTIVE!, EXPIRED: expired!, REVOKED: revoked!, USED: used.token.id };
}

test('tokens are listed newest first', async () => {
  const ids = await issueTokens(3);
  expect(await list()).toMatchObject({ ids, totalCount: 3, pageInfo: { hasNextPage: false, hasPreviousPage: false } });
});

test('tokens of the same instant are paged through without loss or repetition, in both directions', async () => {
  const ids = await issueTokens(5);
  await server.database.query('UPDATE registration_token SET created_at = clock_timestamp() WHERE id = ANY ($1)', [
    ids.slice(1, 4),
  ]);
  const all = (await list()).ids;
  const forward: string[][] = [];
  for (let after: string | null = null, more = true; more;) {
    const page = await list({ first: 2, after });
    forward.push(page.ids);
    [after, more] = [page.pageInfo.endCursor, page.pageInfo.hasNextPage];
  }
  expect(forward).toEqual([all.slice(0, 2), all.slice(2, 4), all.slice(4)]);
  const backward = await list({ last: 2, before: (await list()).pageInfo.endCursor });
  expect(backward.ids).toEqual(all.slice(2, 4));
  expect(backward.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
});

test('a filter by status takes each token for what it is now', async () => {
  const byStatus = await tokensByStatus();
  for (const [status, id] of Object.entries(byStatus))
    expect(await list({ filter: { status: [status] } })).toMatchObject({ ids: [id], totalCount: 1 });
  const two = await list({ filter: { status: ['USED', 'EXPIRED'] } });
  expect(two.ids.toSorted()).toEqual([byStatus.USED, byStatus.EXPIRED].toSorted());
});

test('an empty list of statuses matches nothing; an absent filter matches all', async () => {
  await issueTokens(2);
  expect((await list({ filter: { status: [] } })).ids).toEqual([]);
  for (const filter of [null, {}, { status: null, expiresBefore: null }])
    expect((await list({ filter })).totalCount).toBe(2);
});

test('a filter by end takes those that end before, all conditions together', async () => {
  const { ACTIVE, EXPIRED, REVOKED, USED } = await tokensByStatus();
  const { token: late } = await issueToken(server.admin, { ttl: '30d' });
  const inTwoHours = new Date(Date.now() + 2 * 3_600_000).toISOString();
  const soon = await list({ filter: { expiresBefore: inTwoHours } });
  expect(soon.ids.toSorted()).toEqual([ACTIVE, EXPIRED, REVOKED, USED].toSorted());
  expect((await list({ filter: { expiresBefore: inTwoHours, status: ['ACTIVE'] } })).ids).toEqual([ACTIVE]);
  expect((await list({ filter: { status: ['ACTIVE'] } })).ids).toEqual([late.id, ACTIVE]);
});

test('the instant of the filter itself is not before', async () => {
  const { token } = await issueToken(server.admin);
  const [row] = await server.database.query<{ expires_at: Date }>('SELECT expires_at FROM registration_token');
  const end = row!.expires_at;
  expect((await list({ filter: { expiresBefore: end } })).ids).toEqual([]);
  expect((await list({ filter: { expiresBefore: new Date(end.getTime() + 1) } })).ids).toEqual([token.id]);
});

test.each<[string, Record<string, unknown>, string]>([
  ['none', { first: 0 }, 'first'],
  ['too many', { first: 201 }, 'first'],
  ['from both ends', { first: 1, last: 1 }, 'first'],
  ['a made-up cursor', { after: 'bm9uZQ' }, 'after'],
])('a page of %s is refused', async (_, variables, path) => {
  const { errors } = await server.admin(LIST, variables);
  expect(errors[0]!.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
});

test('a cursor belongs to its filter', async () => {
  await issueTokens(2);
  const { edges } = await list({ first: 1 });
  const answer = await server.admin(LIST, { after: edges[0].cursor, filter: { status: ['ACTIVE'] } });
  expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
});

test.each(['01900000-0000-7000-8000-000000000000', 'nonsense', ''])('there is no token %j: null', async (id) => {
  expect(
    dataOf(await server.admin(`query ($id: ID!) { registrationToken(id: $id) { id } }`, { id })).registrationToken,
  ).toBe(null);
});

const AGENTS = `query ($id: ID!, $first: Int) { registrationToken(id: $id) {
  agents(first: $first) { totalCount nodes { id } pageInfo { hasNextPage } } replaces { id } } }`;

test('a token tells the agents that it enrolled, newest first, page by page, and no others', async () => {
  const { secret, token } = await issueToken(server.admin, { maxUses: 3 });
  await enrol(server.admin);
  const [first, second] = [await register(server.anonymous, secret), await register(server.anonymous, secret)];
  const { agents } = dataOf(await server.admin(AGENTS, { id: token.id, first: 1 })).registrationToken;
  expect(agents).toEqual({ totalCount: 2, nodes: [{ id: second.agentId }], pageInfo: { hasNextPage: true } });
  const all = dataOf(await server.admin(AGENTS, { id: token.id })).registrationToken.agents;
  expect(all.nodes).toEqual([{ id: second.agentId }, { id: first.agentId }]);
});

test('a token that replaced a node tells that node and its agent', async () => {
  const { nodeId, agentId } = await enrol(server.admin, { node: { name: 'told-by-its-token' } });
  const { secret, token } = await issueToken(server.admin, { replacesNodeId: nodeId });
  await register(server.anonymous, secret, { node: { name: 'told-by-its-token' } });
  const { agents, replaces } = dataOf(await server.admin(AGENTS, { id: token.id })).registrationToken;
  expect(replaces).toEqual({ id: nodeId });
  expect(agents.nodes).toEqual([{ id: agentId }]);
});
