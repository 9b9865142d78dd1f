import { randomUUID } from 'node:crypto';
import { parseCredential } from '../../src/access/credential';
import { Role } from '../../src/access/role';
import { codes, dataOf, type Answer, type GraphQLClient } from '../support/client';
import { enrol, sync } from '../support/enrol';
import { eventually } from '../database/embedded/data-folders';
import { issueKey, startServer, type TestServer } from '../support/server';

const REVOKE = `mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { id status revokedAt role } } }`;
const WAITING = `SELECT count(*)::int AS count FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
  WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()`;

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

test('revoking ends a key at once and says so', async () => {
  const { id, client } = await freshKey(Role.VIEWER);
  expect(codes(await client('{ caller { role } }'))).toEqual([]);
  const { apiKey } = dataOf(await revoke(server.admin, id)).revokeApiKey;
  expect(apiKey).toEqual({ id, role: 'VIEWER', status: 'REVOKED', revokedAt: expect.stringMatching(/Z$/) });
  expect((await client('{ caller { role } }')).errors[0]!.extensions).toEqual({
    code: 'UNAUTHENTICATED',
    reason: 'KEY_REVOKED',
  });
});

test('revoking a key changes that key and no other', async () => {
  const { id } = await freshKey(Role.VIEWER);
  await enrol(server.admin);
  const others = () =>
    server.database.query(
      `SELECT to_jsonb(key) - 'last_used_at' AS row FROM api_key AS key WHERE id <> $1 ORDER BY id`,
      [id],
    );
  const before = await others();
  expect(before.length).toBeGreaterThan(3);
  dataOf(await revoke(server.admin, id));
  expect(await others()).toEqual(before);
});

test('revoking an agent’s key ends its syncs', async () => {
  const { secret, agentId } = await enrol(server.admin);
  const [key] = await server.database.query<{ id: string }>('SELECT id FROM api_key WHERE agent_id = $1', [agentId]);
  dataOf(await revoke(server.admin, key!.id));
  expect((await sync(server.as(secret))).errors[0]!.extensions['reason']).toBe('KEY_REVOKED');
});

test('revoking a second time gives the same answer and changes nothing', async () => {
  const { id } = await freshKey(Role.EDITOR);
  const first = dataOf(await revoke(server.admin, id));
  expect(dataOf(await revoke(server.admin, id))).toEqual(first);
  expect(await auditRows(id)).toHaveLength(1);
});

test('revoking leaves one audit row: who, what, and under which request', async () => {
  const { id } = await freshKey(Role.VIEWER);
  const answer = await revoke(server.admin, id);
  expect(await auditRows(id)).toEqual([
    expect.objectContaining({
      action: 'api_key.revoke',
      outcome: 'SUCCEEDED',
      actor_name: 'admin of the test',
      actor_key_public_id: parseCredential(server.keys.ADMIN)!.publicId,
      target_type: 'api_key',
      target_name: 'viewer of the test',
      remote_address: '127.0.0.1',
      request_id: answer.headers.get('x-request-id'),
    }),
  ]);
});

test.each([randomUUID(), 'no-uuid', ''])('the id %j, which no key has, is NOT_FOUND', async (id) => {
  expect(codes(await revoke(server.admin, id))).toEqual(['NOT_FOUND']);
});

test('a change whose audit row cannot be written is not made', async () => {
  const { id, client } = await freshKey(Role.VIEWER);
  await server.database.query('ALTER TABLE audit_event RENAME TO audit_event_away');
  const answer = await revoke(server.admin, id);
  await server.database.query('ALTER TABLE audit_event_away RENAME TO audit_event');
  expect(codes(answer)).toEqual(['INTERNAL_SERVER_ERROR']);
  expect(codes(await client('{ caller { role } }'))).toEqual([]);
});

describe('the last live ADMIN key', () => {
  let last: { id: string; client: GraphQLClient };
  beforeEach(async () => {
    await server.database.query(
      `UPDATE api_key SET revoked_at = clock_timestamp(), ended_by = 'KEY_REVOKED' WHERE role = 'ADMIN' AND revoked_at IS NULL`,
    );
    last = await freshKey(Role.ADMIN);
  });

  test('stays, and the refusal says what to do', async () => {
    const answer = await revoke(last.client, last.id);
    expect(codes(answer)).toEqual(['FAILED_PRECONDITION']);
    expect(answer.errors[0]!.message).toMatch(/last ADMIN key.*admin-key reset/);
    expect(codes(await last.client('{ caller { role } }'))).toEqual([]);
    expect(await auditRows(last.id)).toEqual([]);
  });

  test('stays although there is an ADMIN key that has expired, and keys of other roles', async () => {
    await freshKey(Role.ADMIN, new Date(Date.now() - 1000));
    await freshKey(Role.EDITOR);
    expect(codes(await revoke(last.client, last.id))).toEqual(['FAILED_PRECONDITION']);
  });

  test('is not what an expired ADMIN key is: that may be revoked', async () => {
    const expired = await freshKey(Role.ADMIN, new Date(Date.now() - 1000));
    expect(dataOf(await revoke(last.client, expired.id)).revokeApiKey.apiKey.status).toBe('REVOKED');
  });

  test('may go once there is another one, by its own hand', async () => {
    await freshKey(Role.ADMIN, new Date(Date.now() + 3_600_000));
    expect(dataOf(await revoke(last.client, last.id)).revokeApiKey.apiKey.status).toBe('REVOKED');
  });

  test('stays when the last two revoke each other at the same moment, each time of a hundred', async () => {
    const holder = await server.database.connect();
    for (let round = 0; round < 100; round++) {
      const other = await freshKey(Role.ADMIN);
      await holder.query(`SELECT pg_advisory_lock(hashtext('rollcall-admin-keys'))`);
      const both = Promise.all([revoke(last.client, other.id), revoke(other.client, last.id)]);
      await eventually(async () => (await server.database.query<{ count: number }>(WAITING))[0]!.count === 2);
      await holder.query(`SELECT pg_advisory_unlock(hashtext('rollcall-admin-keys'))`);
      const answers = await both;
      const firstWon = codes(answers[0]).length === 0;
      expect(codes(answers[firstWon ? 1 : 0])).toEqual(['FAILED_PRECONDITION']);
      expect(codes(answers[firstWon ? 0 : 1])).toEqual([]);
      last = firstWon ? last : other;
      expect(codes(await last.client('{ caller { role } }'))).toEqual([]);
    }
  });
});

async function freshKey(role: Role, expiresAt: Date | null = null): Promise<{ id: string; client: GraphQLClient }> {
  const key = await issueKey(server.database.dataSource, role, expiresAt);
  const [row] = await server.database.query<{ id: string }>('SELECT id FROM api_key WHERE public_id = $1', [
    parseCredential(key)!.publicId,
  ]);
  return { id: row!.id, client: server.as(key) };
}

function revoke(client: GraphQLClient, id: string): Promise<Answer> {
  return client(REVOKE, { id });
}

function auditRows(targetId: string): Promise<Record<string, unknown>[]> {
  return server.database.query('SELECT * FROM audit_event WHERE target_id::text = $1', [targetId]);
}
