import { randomUUID } from 'node:crypto';
import { codes, dataOf } from '../support/client';
import { enrol, issueToken, register, sync, tryToRegister, type Enrolled } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { expireToken, keyEnd, readNode, readToken, revokeToken, rollSizes, waitingStatements, wholeRoll } from './roll';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

interface Lost {
  secret: string;
  tokenId: string;
  input: { registrationId: string; node: { name: string }; [fact: string]: unknown };
  first: Enrolled;
}

/** A registration that was done, and whose answer was lost. */
async function lostAnswer(token: Record<string, unknown> = {}, facts: Record<string, unknown> = {}): Promise<Lost> {
  const issued = await issueToken(server.admin, token);
  const input = { registrationId: randomUUID(), node: { name: `lost-${randomUUID()}` }, ...facts };
  return {
    secret: issued.secret,
    tokenId: issued.token.id,
    input,
    first: await register(server.anonymous, issued.secret, input),
  };
}

/** Sends the same again, or nearly so. */
const again = ({ secret, input }: Lost, changes: Record<string, unknown> = {}) =>
  tryToRegister(server.anonymous, secret, { ...input, ...changes });

/** How the retry is refused, which must change nothing. */
async function refusalOf(lost: Lost, changes: Record<string, unknown> = {}): Promise<unknown[]> {
  const before = await wholeRoll(server.database);
  const answer = await again(lost, changes);
  expect(await wholeRoll(server.database)).toEqual(before);
  return codes(answer);
}

describe('the same registration sent again', () => {
  test('is the same agent with a new key, and the former key is told that it was rotated', async () => {
    const lost = await lostAnswer();
    const before = await rollSizes(server.database);
    const second = dataOf(await again(lost)).registerAgent as Enrolled;
    expect(second).toMatchObject({ agentId: lost.first.agentId, nodeId: lost.first.nodeId });
    expect(await keyEnd(server.as(lost.first.secret))).toBe('KEY_ROTATED');
    expect(await keyEnd(server.as(second.secret))).toBe(null);
    expect(await rollSizes(server.database)).toEqual({ ...before, api_key: before['api_key']! + 1 });
    expect(await readToken(server.admin, lost.tokenId)).toMatchObject({ uses: 1 });
    const keys = await server.database.query<{ rotated_from: string | null }>(
      `SELECT former.id AS rotated_from FROM api_key AS key LEFT JOIN api_key AS former ON former.id = key.rotated_from_id AND former.revoked_at IS NOT NULL
       WHERE key.agent_id = $1 AND key.revoked_at IS NULL`,
      [second.agentId],
    );
    expect(keys).toEqual([{ rotated_from: expect.any(String) }]);
  });

  test('names the same service', async () => {
    const lost = await lostAnswer({}, { postgresql: { version: '17' } });
    expect(lost.first.serviceId).not.toBe(null);
    expect(dataOf(await again(lost)).registerAgent.serviceId).toBe(lost.first.serviceId);
  });

  test('changes no fact, whatever it says', async () => {
    const lost = await lostAnswer({}, { agentVersion: '1.0.0', postgresql: { version: '17' } });
    const before = await readNode(server.viewer, lost.first.nodeId);
    const facts = { name: lost.input.node.name.toUpperCase(), os: 'plan9/mips', tags: ['other'] };
    const answer = await again(lost, { node: facts, agentVersion: '2.0.0', postgresql: { version: '9.6' } });
    expect(codes(answer)).toEqual([]);
    expect(await readNode(server.viewer, lost.first.nodeId)).toEqual(before);
  });

  test.each<[string, (lost: Lost) => Promise<unknown>]>([
    ['nothing else happened', async () => undefined],
    ['the token has ended', ({ tokenId }) => expireToken(server.database, tokenId)],
    ['nearly ten minutes are over', ({ tokenId }) => claimedAgo(tokenId, '9 minutes 50 seconds')],
    ['it was sent again before', async (lost) => (dataOf(await again(lost)), retriedAgo(lost.tokenId, '2 seconds'))],
  ])('is granted when %s', async (_, happened) => {
    const lost = await lostAnswer();
    await happened(lost);
    expect(dataOf(await again(lost)).registerAgent.agentId).toBe(lost.first.agentId);
  });

  test('is granted for an id in other letters', async () => {
    const lost = await lostAnswer();
    const registrationId = lost.input.registrationId.toUpperCase();
    expect(dataOf(await again(lost, { registrationId })).registerAgent.agentId).toBe(lost.first.agentId);
  });

  test('is granted while uses remain, and costs none', async () => {
    const lost = await lostAnswer({ maxUses: 3 });
    expect(dataOf(await again(lost)).registerAgent.agentId).toBe(lost.first.agentId);
    expect(await readToken(server.admin, lost.tokenId)).toMatchObject({ uses: 1, status: 'ACTIVE' });
    expect(codes(await tryToRegister(server.anonymous, lost.secret))).toEqual([]);
  });

  test('is granted after a node was enrolled afresh', async () => {
    const { nodeId, agentId, secret } = await enrol(server.admin, { node: { name: 'afresh-01' } });
    await sync(server.as(secret));
    const lost = await lostAnswer({ replacesNodeId: nodeId }, { node: { name: 'afresh-01' } });
    expect(dataOf(await again(lost)).registerAgent).toMatchObject({ agentId, nodeId });
    expect(await keyEnd(server.as(secret))).toBe('AGENT_REPLACED');
    expect(await keyEnd(server.as(lost.first.secret))).toBe('KEY_ROTATED');
  });
});

describe('a retry is refused', () => {
  test('with CONFLICT when it has another node name', async () => {
    expect(await refusalOf(await lostAnswer(), { node: { name: 'another-name' } })).toEqual(['CONFLICT']);
    expect(await refusalOf(await lostAnswer({ maxUses: 2 }), { node: { name: 'another-name' } })).toEqual(['CONFLICT']);
  });

  test.each([
    ['another id', { registrationId: randomUUID() }],
    ['no id', { registrationId: null }],
  ])('with the state of the token when it has %s', async (_, changes) => {
    const lost = await lostAnswer();
    expect(await refusalOf(lost, changes)).toEqual(['TOKEN_USED']);
    await revokeToken(server.admin, lost.tokenId);
    expect(await refusalOf(lost, changes)).toEqual(['TOKEN_REVOKED']);
  });

  test('when the first registration had no id', async () => {
    const lost = await lostAnswer({}, { registrationId: null });
    expect(await refusalOf(lost)).toEqual(['TOKEN_USED']);
    expect(await refusalOf(lost, { registrationId: randomUUID() })).toEqual(['TOKEN_USED']);
  });

  test.each<[string, (lost: Lost) => Promise<unknown>, string]>([
    ['after the first sync', ({ first }) => sync(server.as(first.secret)), 'TOKEN_USED'],
    ['after ten minutes', ({ tokenId }) => claimedAgo(tokenId, '10 minutes'), 'TOKEN_USED'],
    ['when the token was revoked', ({ tokenId }) => revokeToken(server.admin, tokenId), 'TOKEN_REVOKED'],
    ['when an administrator ended the key', ({ first }) => revokeKeyOf(first), 'TOKEN_USED'],
    [
      'when the node was enrolled afresh since',
      ({ first, input }) => replaceNode(first.nodeId, input.node),
      'TOKEN_USED',
    ],
    // A retry that was now, however long this test takes to send the next.
    ['a moment after another', ({ tokenId }) => retriedAgo(tokenId, '-30 seconds'), 'RATE_LIMITED'],
  ])('%s', async (_, happened, code) => {
    for (const maxUses of [1, 2]) {
      const lost = await lostAnswer({ maxUses });
      await happened(lost);
      expect(await refusalOf(lost)).toEqual([code]);
    }
  });

  test('after the first sync with the key of a retry', async () => {
    const lost = await lostAnswer();
    const second = dataOf(await again(lost)).registerAgent as Enrolled;
    await sync(server.as(second.secret));
    await retriedAgo(lost.tokenId, '2 seconds');
    expect(await refusalOf(lost)).toEqual(['TOKEN_USED']);
  });

  test('after ten minutes since the first, however late the last retry was', async () => {
    const lost = await lostAnswer();
    dataOf(await again(lost));
    await claimedAgo(lost.tokenId, '11 minutes');
    await retriedAgo(lost.tokenId, '2 seconds');
    expect(await refusalOf(lost)).toEqual(['TOKEN_USED']);
  });

  test('with the end of the token when uses remain and it has ended', async () => {
    const lost = await lostAnswer({ maxUses: 2 });
    await sync(server.as(lost.first.secret));
    await expireToken(server.database, lost.tokenId);
    expect(await refusalOf(lost)).toEqual(['TOKEN_EXPIRED']);
  });
});

test('a retry waits for whoever is ending its key, and is refused then', async () => {
  const lost = await lostAnswer();
  const holder = await server.database.connect();
  await holder.query('BEGIN');
  await holder.query(
    `UPDATE api_key SET revoked_at = clock_timestamp(), ended_by = 'KEY_REVOKED' WHERE agent_id = $1`,
    [lost.first.agentId],
  );
  const waiting = again(lost);
  await waitingStatements(server.database, 1);
  await holder.query('COMMIT');
  expect(codes(await waiting)).toEqual(['TOKEN_USED']);
});

describe('of two retries at once', () => {
  test('the one that finds the other at work is told to wait', async () => {
    const lost = await lostAnswer();
    const holder = await server.database.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM registration_token_claim WHERE token_id = $1 FOR UPDATE', [lost.tokenId]);
    const before = await wholeRoll(server.database);
    const answer = await again(lost);
    expect(answer.errors.map(({ extensions }) => extensions)).toEqual([{ code: 'RATE_LIMITED', retryAfterSeconds: 1 }]);
    expect(await wholeRoll(server.database)).toEqual(before);
    await holder.query('ROLLBACK');
    expect(codes(await again(lost))).toEqual([]);
  });

  test.each([1, 3])('the others are told to wait, and one key is good, with a token of %i uses', async (maxUses) => {
    const lost = await lostAnswer({ maxUses });
    const answers = await Promise.all(Array.from({ length: 8 }, () => again(lost)));
    expect(new Set(answers.map((answer) => codes(answer)[0] ?? 'OK'))).toEqual(new Set(['OK', 'RATE_LIMITED']));
    const granted = answers.flatMap(({ data }) => (data?.registerAgent ?? []) as Enrolled);
    expect(new Set(granted.map(({ agentId }) => agentId))).toEqual(new Set([lost.first.agentId]));
    const ends = await Promise.all(granted.map(({ secret }) => keyEnd(server.as(secret))));
    expect(ends.filter((end) => end === null)).toHaveLength(1);
    const live = await server.database.query('SELECT FROM api_key WHERE agent_id = $1 AND revoked_at IS NULL', [
      lost.first.agentId,
    ]);
    expect(live).toHaveLength(1);
  });
});

/** Puts the first claim of a token so far into the past. */
function claimedAgo(tokenId: string, ago: string) {
  return server.database.query(
    'UPDATE registration_token_claim SET claimed_at = clock_timestamp() - $2::interval WHERE token_id = $1',
    [tokenId, ago],
  );
}

/** Puts its last retry so far into the past. */
function retriedAgo(tokenId: string, ago: string) {
  return server.database.query(
    'UPDATE registration_token_claim SET retried_at = clock_timestamp() - $2::interval WHERE token_id = $1',
    [tokenId, ago],
  );
}

async function revokeKeyOf({ secret }: Enrolled): Promise<void> {
  const { id } = dataOf(await server.as(secret)('{ caller { apiKey { id } } }')).caller.apiKey;
  dataOf(await server.admin(`mutation { revokeApiKey(input: { id: "${id}" }) { apiKey { id } } }`));
}

async function replaceNode(replacesNodeId: string, node: { name: string }): Promise<void> {
  const { secret } = await issueToken(server.admin, { replacesNodeId });
  await register(server.anonymous, secret, { node });
}
