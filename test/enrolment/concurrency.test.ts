import { randomUUID } from 'node:crypto';
import { codes, type Answer } from '../support/client';
import { enrol, issueToken, register, tryToRegister } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { expireToken, holdToken, keyEnd, readToken, rollSizes, until, waitingStatements, wholeRoll } from './roll';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

const times = <Result>(count: number, act: () => Promise<Result>) => Promise.all(Array.from({ length: count }, act));

const byText = (a: unknown, b: unknown) => String(a).localeCompare(String(b));

/** How often each code came, success as OK. */
function tally(answers: Answer[]): Record<string, number> {
  const told: Record<string, number> = {};
  for (const answer of answers) {
    const code = (codes(answer)[0] ?? 'OK') as string;
    told[code] = (told[code] ?? 0) + 1;
  }
  return told;
}

test.each([
  [1, 50, { OK: 1, TOKEN_USED: 49 }],
  [5, 50, { OK: 5, TOKEN_USED: 45 }],
])('a token with %i uses that %i agents present at once enrols exactly so many', async (maxUses, agents, told) => {
  const { secret, token } = await issueToken(server.admin, { maxUses });
  const before = await rollSizes(server.database);
  // Held until every connection of the server is at the token: none is through before the others come.
  const holder = await holdToken(server.database, token.id);
  const answers = times(agents, () => tryToRegister(server.anonymous, secret));
  await everyConnectionWaits();
  await holder.query('ROLLBACK');
  expect(tally(await answers)).toEqual(told);
  const after = await rollSizes(server.database);
  for (const table of ['node', 'agent', 'liveness', 'api_key', 'registration_token_claim'])
    expect([table, after[table]! - before[table]!]).toEqual([table, maxUses]);
  expect(await readToken(server.admin, token.id)).toMatchObject({ uses: maxUses, status: 'USED' });
});

test('of agents with one name and a token each, one enrols and the others stay with theirs', async () => {
  const tokens = await times(5, () => issueToken(server.admin));
  const name = `wanted-${randomUUID()}`;
  const answers = await Promise.all(
    tokens.map(({ secret }) => tryToRegister(server.anonymous, secret, { node: { name } })),
  );
  expect(tally(answers)).toEqual({ OK: 1, CONFLICT: 4 });
  const states = await Promise.all(tokens.map(async ({ token }) => (await readToken(server.admin, token.id)).status));
  expect(states.toSorted(byText)).toEqual(['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE', 'USED']);
});

test('one registration sent twice at once is one agent with one live key', async () => {
  for (const maxUses of [1, 2]) {
    const { secret, token } = await issueToken(server.admin, { maxUses });
    const input = { registrationId: randomUUID(), node: { name: `twice-${randomUUID()}` } };
    const answers = await times(2, () => tryToRegister(server.anonymous, secret, input));
    expect(answers.flatMap(codes)).toEqual([]);
    const [one, two] = answers.map(({ data }) => data.registerAgent);
    expect(two.agentId).toBe(one.agentId);
    const ends = await Promise.all([one, two].map((enrolled) => keyEnd(server.as(enrolled.secret))));
    expect(ends.toSorted(byText)).toEqual(['KEY_ROTATED', null]);
    expect(await readToken(server.admin, token.id)).toMatchObject({ uses: 1 });
  }
});

describe('a registration that waits for another that holds its token', () => {
  test('is enrolled when the other gives up', async () => {
    const { secret, token } = await issueToken(server.admin);
    const holder = await holdToken(server.database, token.id);
    await holder.query('UPDATE registration_token SET uses = max_uses WHERE id = $1', [token.id]);
    const waiting = tryToRegister(server.anonymous, secret);
    await waitingStatements(server.database, 1);
    await holder.query('ROLLBACK');
    expect(codes(await waiting)).toEqual([]);
  });

  test.each([
    ['takes the last use', 'uses = max_uses', 'TOKEN_USED'],
    ['revokes it', 'revoked_at = clock_timestamp()', 'TOKEN_REVOKED'],
    ['lets it end', `expires_at = clock_timestamp()`, 'TOKEN_EXPIRED'],
  ])('is refused when the other %s', async (_, change, code) => {
    const { secret, token } = await issueToken(server.admin);
    const holder = await holdToken(server.database, token.id);
    const waiting = tryToRegister(server.anonymous, secret);
    await waitingStatements(server.database, 1);
    await holder.query(`UPDATE registration_token SET ${change} WHERE id = $1`, [token.id]);
    await holder.query('COMMIT');
    const before = await wholeRoll(server.database);
    expect(codes(await waiting)).toEqual([code]);
    expect(await wholeRoll(server.database)).toEqual(before);
  });

  test('is refused when the token ends while it waits, though the other gives up', async () => {
    const { secret, token } = await issueToken(server.admin);
    const holder = await holdTokenThatEnds(token.id);
    const before = await wholeRoll(server.database);
    const waiting = tryToRegister(server.anonymous, secret);
    await waitingStatements(server.database, 1);
    await tokenEnds(token.id);
    await holder.query('ROLLBACK');
    expect(codes(await waiting)).toEqual(['TOKEN_EXPIRED']);
    expect(await wholeRoll(server.database)).toEqual(before);
    expect(await readToken(server.admin, token.id)).toMatchObject({ status: 'EXPIRED', uses: 0, lastUsedAt: null });
  });

  test('is granted as a retry when the token ends while it waits', async () => {
    const { secret, token } = await issueToken(server.admin, { maxUses: 2 });
    const input = { registrationId: randomUUID(), node: { name: `waiting-${randomUUID()}` } };
    const { agentId } = await register(server.anonymous, secret, input);
    const holder = await holdTokenThatEnds(token.id);
    const waiting = register(server.anonymous, secret, input);
    await waitingStatements(server.database, 1);
    await tokenEnds(token.id);
    await holder.query('ROLLBACK');
    expect(await waiting).toMatchObject({ agentId });
    expect(await readToken(server.admin, token.id)).toMatchObject({ uses: 1 });
  });
});

describe('two replacements of one node at once', () => {
  test.each(['with a host agent', 'without one'])('%s end in one host agent and one live key', async (which) => {
    const name = `contested-${randomUUID()}`;
    const { nodeId, agentId } = await enrol(server.admin, { node: { name } });
    if (which === 'without one') await removeHostAgent(agentId);
    const tokens = await times(2, () => issueToken(server.admin, { replacesNodeId: nodeId }));
    // Both have their token when the node is let go.
    const holder = await server.database.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM node WHERE id = $1 FOR UPDATE', [nodeId]);
    const both = tokens.map(({ secret }) => tryToRegister(server.anonymous, secret, { node: { name } }));
    await waitingStatements(server.database, 2);
    await holder.query('ROLLBACK');
    const answers = await Promise.all(both);
    expect(answers.flatMap(codes)).toEqual([]);
    const [one, two] = answers.map(({ data }) => data.registerAgent);
    expect(two).toMatchObject({ agentId: one.agentId, nodeId });
    const ends = await Promise.all([one, two].map((enrolled) => keyEnd(server.as(enrolled.secret))));
    expect(ends.toSorted(byText)).toEqual(['AGENT_REPLACED', null]);
  });
});

test('an expired token that many present is refused to all of them', async () => {
  const { secret, token } = await issueToken(server.admin, { maxUses: 10 });
  await expireToken(server.database, token.id);
  expect(tally(await times(10, () => tryToRegister(server.anonymous, secret)))).toEqual({ TOKEN_EXPIRED: 10 });
});

/** Resolves once each of the ten connections that the server has waits for a lock. */
async function everyConnectionWaits(): Promise<void> {
  const watcher = await server.database.connect();
  await until(async () => {
    const { rowCount } = await watcher.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rowCount === 10;
  });
}

/** Holds the row of a token whose end is near. */
async function holdTokenThatEnds(id: string) {
  await server.database.query(
    `UPDATE registration_token SET expires_at = clock_timestamp() + interval '2 seconds' WHERE id = $1`,
    [id],
  );
  return holdToken(server.database, id);
}

/** Resolves once the token has ended. */
const tokenEnds = (id: string) => until(async () => (await readToken(server.admin, id)).status === 'EXPIRED');

async function removeHostAgent(agentId: string): Promise<void> {
  const { query } = server.database;
  await query('DELETE FROM registration_token_claim WHERE agent_id = $1', [agentId]);
  await query('DELETE FROM api_key WHERE agent_id = $1', [agentId]);
  await query('DELETE FROM liveness WHERE agent_id = $1', [agentId]);
  await query('DELETE FROM agent WHERE id = $1', [agentId]);
}
