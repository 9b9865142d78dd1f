import { randomUUID } from 'node:crypto';
import { codes, dataOf } from '../support/client';
import { enrol, sync } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import {
  auditRows,
  issue,
  presented,
  publicIdOf,
  revoke,
  rotate,
  rotateItself,
  setKey,
  tryToRotate,
} from './key-requests';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ agentKeyTtlSeconds: 7200 });
});
afterAll(() => server.stop());

describe('who may rotate', () => {
  test('an ADMIN may rotate any key: the successor has its name and role, and names its former', async () => {
    const former = await issue(server.admin, { role: 'EDITOR' });
    const successor = await rotate(server.admin, former.apiKey.id);
    expect(successor.apiKey).toMatchObject({
      name: former.apiKey.name,
      role: 'EDITOR',
      status: 'ACTIVE',
      rotatedFrom: { id: former.apiKey.id },
    });
    expect(successor.apiKey.id).not.toBe(former.apiKey.id);
    expect(publicIdOf(successor.secret)).toBe(successor.apiKey.publicId);
    expect(await presented(server, successor.secret)).toBe('EDITOR');
  });

  test.each(['VIEWER', 'EDITOR', 'ADMIN'])('a key of role %s may rotate itself', async (role) => {
    const former = await issue(server.admin, { role });
    const { secret } = dataOf(await rotateItself(server.as(former.secret), former.apiKey.id)).rotateApiKey;
    expect(await presented(server, secret)).toBe(role);
  });

  test('an agent’s key may rotate itself, and its successor syncs as the same agent', async () => {
    const agent = await enrol(server.admin);
    const own = await idOfAgentKey(agent.agentId);
    const answer = await rotateItself(server.as(agent.secret), own);
    const { secret } = dataOf(answer).rotateApiKey;
    expect(secret).toMatch(/^rca_/);
    expect(codes(await sync(server.as(secret)))).toEqual([]);
    const { caller } = dataOf(await server.as(secret)('{ caller { agent { id } } }'));
    expect(caller.agent.id).toBe(agent.agentId);
  });

  test('any other key is FORBIDDEN to whoever is not ADMIN, whether or not there is one', async () => {
    const others = await issue(server.admin);
    const agent = await enrol(server.admin);
    for (const client of [server.viewer, server.editor, server.as(agent.secret)])
      for (const id of [others.apiKey.id, randomUUID(), 'no-uuid'])
        expect(codes(await rotateItself(client, id))).toEqual(['FORBIDDEN']);
    expect(codes(await tryToRotate(server.anonymous, others.apiKey.id))).toEqual(['UNAUTHENTICATED']);
    expect(await presented(server, others.secret)).toBe('VIEWER');
  });
});

describe('a key that rotated itself', () => {
  test('is good until its successor is first used, and then is told KEY_ROTATED', async () => {
    const { former, successor } = await itselfRotated();
    expect(await presented(server, former.secret)).toBe('VIEWER');
    expect(await presented(server, former.secret)).toBe('VIEWER');
    expect(await presented(server, successor.secret)).toBe('VIEWER');
    expect(await presented(server, former.secret)).toBe('KEY_ROTATED');
    expect(await presented(server, successor.secret)).toBe('VIEWER');
  });

  test('is good for 24 h at most, whatever grace it asks for', async () => {
    const { former } = await itselfRotated({}, { grace: '30d' });
    const [row] = await server.database.query<{ hours: number }>(
      `SELECT extract(epoch FROM grace_until - clock_timestamp())::float8 / 3600 AS hours FROM api_key WHERE id = $1`,
      [former.apiKey.id],
    );
    expect(row!.hours).toBeGreaterThan(23.9);
    expect(row!.hours).toBeLessThanOrEqual(24);
    await setKey(server, former.secret, `grace_until = clock_timestamp()`);
    expect(await presented(server, former.secret)).toBe('KEY_ROTATED');
    const { apiKey } = dataOf(
      await server.admin('query ($id: ID!) { apiKey(id: $id) { status revokedAt } }', { id: former.apiKey.id }),
    );
    expect(apiKey).toEqual({ status: 'REVOKED', revokedAt: expect.stringMatching(/Z$/) });
  });

  test('hands on its end', async () => {
    const { former, successor } = await itselfRotated({ ttl: '1h' });
    expect(successor.apiKey.expiresAt).toBe(former.apiKey.expiresAt);
  });

  test('hands on that it has none', async () => {
    const { successor } = await itselfRotated({ neverExpires: true });
    expect(successor.apiKey.expiresAt).toBeNull();
  });

  test('gives an agent a life that is set, counted from then', async () => {
    const agent = await enrol(server.admin);
    const own = await idOfAgentKey(agent.agentId);
    await setKey(server, agent.secret, `expires_at = clock_timestamp() + interval '60 s'`);
    const { apiKey } = dataOf(await rotateItself(server.as(agent.secret), own)).rotateApiKey;
    expect(lifeOf(apiKey)).toBe(7200);
  });
});

describe('a key that an ADMIN rotated', () => {
  test('ends at once without grace', async () => {
    const former = await issue(server.admin);
    expect(await presented(server, former.secret)).toBe('VIEWER');
    await rotate(server.admin, former.apiKey.id);
    expect(await presented(server, former.secret)).toBe('KEY_ROTATED');
  });

  test('works on for its grace, also when the successor is used, and no longer', async () => {
    const former = await issue(server.admin);
    const successor = await rotate(server.admin, former.apiKey.id, { grace: '1s' });
    expect(await presented(server, successor.secret)).toBe('VIEWER');
    expect(await presented(server, former.secret)).toBe('VIEWER');
    let told: unknown;
    do told = await presented(server, former.secret);
    while (told === 'VIEWER');
    expect(told).toBe('KEY_ROTATED');
    expect(await isPast(`(SELECT grace_until FROM api_key WHERE id = '${former.apiKey.id}')`)).toBe(true);
  });

  test('is ended by a revocation within its grace', async () => {
    const former = await issue(server.admin);
    await rotate(server.admin, former.apiKey.id, { grace: '1h' });
    dataOf(await revoke(server.admin, former.apiKey.id));
    expect(await presented(server, former.secret)).toBe('KEY_REVOKED');
  });

  test('gives its successor a life as long as its own was, counted from then', async () => {
    const former = await issue(server.admin, { ttl: '1h' });
    await setKey(
      server,
      former.secret,
      `created_at = created_at - interval '50 min', expires_at = expires_at - interval '50 min'`,
    );
    expect(lifeOf((await rotate(server.admin, former.apiKey.id)).apiKey)).toBe(3600);
  });

  test.each(['30d1s', '31d'])('is not given a grace of %s', async (grace) => {
    const { apiKey } = await issue(server.admin);
    const answer = await tryToRotate(server.admin, apiKey.id, { grace });
    expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.text).toContain('30d');
  });
});

describe('a key that has ended', () => {
  test.each([
    ['revoked', `revoked_at = clock_timestamp(), ended_by = 'KEY_REVOKED'`],
    ['expired', 'expires_at = clock_timestamp()'],
  ])('because it was %s cannot be rotated: FAILED_PRECONDITION', async (_, end) => {
    const key = await issue(server.admin);
    await setKey(server, key.secret, end);
    expect(codes(await tryToRotate(server.admin, key.apiKey.id))).toEqual(['FAILED_PRECONDITION']);
  });

  test('because it was rotated is CONFLICT, and the refusal says what to rotate', async () => {
    const { apiKey } = await issue(server.admin);
    await rotate(server.admin, apiKey.id);
    const answer = await tryToRotate(server.admin, apiKey.id);
    expect(codes(answer)).toEqual(['CONFLICT']);
    expect(answer.errors[0]!.message).toContain('successor');
  });

  test.each([randomUUID(), 'no-uuid'])('or never was, as %s, is NOT_FOUND for an ADMIN', async (id) => {
    expect(codes(await tryToRotate(server.admin, id))).toEqual(['NOT_FOUND']);
  });
});

test.each(['0s', '1h'])('a rotation with a grace of %s changes its key and no other', async (grace) => {
  const { apiKey } = await issue(server.admin);
  const others = (ids: string[]) =>
    server.database.query(
      `SELECT to_jsonb(key) - 'last_used_at' AS row FROM api_key AS key WHERE id <> ALL ($1) ORDER BY id`,
      [ids],
    );
  const before = await others([apiKey.id]);
  expect(before.length).toBeGreaterThan(3);
  const successor = await rotate(server.admin, apiKey.id, { grace });
  expect(await others([apiKey.id, successor.apiKey.id])).toEqual(before);
});

test('a rotation leaves one audit row that tells which key took the place of which, and no secret', async () => {
  const former = await issue(server.admin, { role: 'EDITOR' });
  const answer = await tryToRotate(server.admin, former.apiKey.id);
  const successor = dataOf(answer).rotateApiKey;
  const rows = (await auditRows(server, former.apiKey.id)).filter(({ action }) => action === 'api_key.rotate');
  expect(rows).toEqual([
    expect.objectContaining({
      outcome: 'SUCCEEDED',
      actor_key_public_id: publicIdOf(server.keys.ADMIN),
      target_name: former.apiKey.name,
      request_id: answer.headers.get('x-request-id'),
      changes: [
        { field: 'apiKey', before: former.apiKey.publicId, after: successor.apiKey.publicId },
        { field: 'expiresAt', before: former.apiKey.expiresAt, after: successor.apiKey.expiresAt },
      ],
    }),
  ]);
  expect(JSON.stringify(rows)).not.toContain(successor.secret.slice(17, -6));
});

test('an ADMIN who rotates a successor that nobody has used ends the key that waits for that use, with a row of its own', async () => {
  const { former, successor } = await itselfRotated();
  const { secret } = await rotate(server.admin, successor.apiKey.id);
  expect(await presented(server, former.secret)).toBe('KEY_ROTATED');
  expect(await presented(server, successor.secret)).toBe('KEY_ROTATED');
  expect(await presented(server, secret)).toBe('VIEWER');
  const rows = await auditRows(server, former.apiKey.id);
  expect(rows.filter(({ action }) => action === 'api_key.end')).toMatchObject([
    { actor_key_public_id: publicIdOf(server.keys.ADMIN), reason: 'its successor was rotated' },
  ]);
});

async function itselfRotated(input: Record<string, unknown> = {}, rotation: Record<string, unknown> = {}) {
  const former = await issue(server.admin, input);
  const answer = await rotateItself(server.as(former.secret), former.apiKey.id, rotation);
  return { former, successor: dataOf(answer).rotateApiKey };
}

async function idOfAgentKey(agentId: string): Promise<string> {
  const [key] = await server.database.query<{ id: string }>('SELECT id FROM api_key WHERE agent_id = $1', [agentId]);
  return key!.id;
}

async function isPast(instant: string): Promise<boolean> {
  const [row] = await server.database.query<{ past: boolean }>(`SELECT ${instant} <= clock_timestamp() AS past`);
  return row!.past;
}

/** In seconds, to the tenth: the database reads its clock twice. */
function lifeOf({ createdAt, expiresAt }: { createdAt: string; expiresAt: string }): number {
  return Math.round((Date.parse(expiresAt) - Date.parse(createdAt)) / 100) / 10;
}
