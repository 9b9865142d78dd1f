import { codes, dataOf } from '../support/client';
import { enrol } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import {
  auditRows,
  issue,
  presented,
  publicIdOf,
  revoke,
  rotate,
  setKey,
  tryToIssue,
  tryToRotate,
} from './key-requests';

let server: TestServer;
let strict: TestServer;
beforeAll(async () => {
  server = await startServer();
  strict = await startServer({
    apiKey: { defaultTtlSeconds: 7200, minimumTtlSeconds: 3600, maximumTtlSeconds: 86_400, neverExpires: false },
  });
});
afterAll(() => Promise.all([server.stop(), strict.stop()]));

describe('an issued key', () => {
  test.each(['VIEWER', 'EDITOR', 'ADMIN'])('of role %s may do what that role may', async (role) => {
    const { secret, apiKey } = await issue(server.admin, { role });
    expect(secret).toMatch(/^rcu_/);
    expect(apiKey).toMatchObject({ role, status: 'ACTIVE', publicId: publicIdOf(secret), lastUsedAt: null });
    expect(await presented(server, secret)).toBe(role);
  });

  test.each([
    ['90 days unless it is said', {}, 90 * 86_400],
    ['the ttl that is given', { ttl: '36h' }, 36 * 3600],
    ['no end when it is asked for in so many words', { neverExpires: true }, null],
  ])('is good for %s', async (_, input, seconds) => {
    const { apiKey } = await issue(server.admin, input);
    expect(lifeOf(apiKey)).toBe(seconds);
  });

  test('is good for as long as the server is set to when its issuer does not say', async () => {
    expect(lifeOf((await issue(strict.admin)).apiKey)).toBe(7200);
  });

  test('leaves one audit row that says by whom, of which role and until when, and no secret', async () => {
    const answer = await tryToIssue(server.admin, { role: 'EDITOR' });
    const { secret, apiKey } = dataOf(answer).issueApiKey;
    const rows = await auditRows(server, apiKey.id);
    expect(rows).toEqual([
      expect.objectContaining({
        action: 'api_key.issue',
        outcome: 'SUCCEEDED',
        actor_key_public_id: publicIdOf(server.keys.ADMIN),
        target_name: apiKey.name,
        request_id: answer.headers.get('x-request-id'),
        changes: [
          { field: 'publicId', before: null, after: apiKey.publicId },
          { field: 'role', before: null, after: 'EDITOR' },
          { field: 'expiresAt', before: null, after: apiKey.expiresAt },
        ],
      }),
    ]);
    expect(JSON.stringify(rows)).not.toContain(secret.slice(17, -6));
  });

  test('has its secret nowhere in the database, nor in the log, nor does its rotation', async () => {
    const issued = await issue(server.admin);
    const rotated = await rotate(server.admin, issued.apiKey.id);
    for (const { secret } of [issued, rotated]) await presented(server, secret);
    const tables = await server.database.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    const rows: { text: string }[] = [];
    for (const { name } of tables)
      rows.push(...(await server.database.query<{ text: string }>(`SELECT row::text AS text FROM ${name} AS row`)));
    const everything = [...rows.map(({ text }) => text), ...server.log].join('\n');
    expect(everything).toContain(issued.apiKey.publicId);
    for (const { secret } of [issued, rotated]) {
      const part = secret.slice(17, 17 + 43);
      expect(everything).not.toContain(part);
      expect(everything).not.toContain(Buffer.from(part).toString('hex'));
      expect(everything).not.toContain(Buffer.from(part).toString('base64').replace(/=+$/, ''));
    }
  });
});

describe('an order that is refused as BAD_USER_INPUT', () => {
  test.each([
    ['an agent’s key', { role: 'AGENT' }, 'input.role'],
    ['a ttl for a key without an end', { ttl: '1h', neverExpires: true }, 'input.ttl'],
    ['a ttl under a minute', { ttl: '59s' }, 'input.ttl'],
    ['a ttl over ten years', { ttl: '3651d' }, 'input.ttl'],
    ['an empty name', { name: '' }, 'input.name'],
    ['a name of 101 characters', { name: 'x'.repeat(101) }, 'input.name'],
    ['a name with a line feed', { name: 'a\nb' }, 'input.name'],
  ])('asks for %s, and nothing is issued', async (_, input, path) => {
    const before = await count();
    const answer = await tryToIssue(server.admin, input);
    expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.errors[0]!.extensions['fields']).toEqual([expect.objectContaining({ path })]);
    expect(await count()).toBe(before);
  });

  test.each([
    ['a shorter ttl', { ttl: '3599s' }, 'input.ttl', '1h'],
    ['a longer ttl', { ttl: '86401s' }, 'input.ttl', '1d'],
    ['a key without an end', { neverExpires: true }, 'input.neverExpires', 'Give a ttl'],
  ])('asks for %s than the server is set to, and the refusal says what is allowed', async (_, input, path, hint) => {
    const answer = await tryToIssue(strict.admin, input);
    expect(answer.errors[0]!.extensions['fields']).toEqual([{ path, message: expect.stringContaining(hint) }]);
  });

  test.each(['3600s', '24h'])('is not one for a ttl of %s, which is a bound itself', async (ttl) => {
    expect(codes(await tryToIssue(strict.admin, { ttl }))).toEqual([]);
  });
});

describe('the name of a key', () => {
  test('is CONFLICT while a live key has it, regardless of case', async () => {
    await issue(server.admin, { name: 'Backup Script' });
    const answer = await tryToIssue(server.admin, { name: 'bACKUP sCRIPT', role: 'EDITOR' });
    expect(codes(answer)).toEqual(['CONFLICT']);
    expect(answer.errors[0]!.message).toMatch(/another|rotate|revoke/);
  });

  test('is given to one of 20 that ask for it at the same moment', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => tryToIssue(server.admin, { name: index % 2 ? 'at once' : 'AT ONCE' })),
    );
    const told = answers.map((answer) => (codes(answer)[0] ?? 'issued') as string).toSorted();
    expect(told).toEqual([...Array<string>(19).fill('CONFLICT'), 'issued']);
  });

  test.each([
    ['was revoked', async (id: string) => void dataOf(await revoke(server.admin, id))],
    [
      'has expired',
      async (_: string, key: string) => void (await setKey(server, key, 'expires_at = clock_timestamp()')),
    ],
  ])('is free again when its key %s', async (reason, end) => {
    const name = `once more: ${reason}`;
    const { apiKey, secret } = await issue(server.admin, { name });
    await end(apiKey.id, secret);
    expect(codes(await tryToIssue(server.admin, { name }))).toEqual([]);
  });

  test('belongs to the successor of a rotated key, and is free again when that is revoked, also within the grace', async () => {
    const name = 'handed on';
    const { apiKey, secret } = await issue(server.admin, { name });
    const successor = await rotate(server.admin, apiKey.id, { grace: '1h' });
    expect(codes(await tryToIssue(server.admin, { name }))).toEqual(['CONFLICT']);
    dataOf(await revoke(server.admin, successor.apiKey.id));
    expect(await presented(server, secret)).toBe('VIEWER');
    expect(codes(await tryToIssue(server.admin, { name }))).toEqual([]);
  });

  test('may be one that an agent’s key has: those count for nothing', async () => {
    const { agentId } = await enrol(server.admin);
    const [key] = await server.database.query<{ name: string }>('SELECT name FROM api_key WHERE agent_id = $1', [
      agentId,
    ]);
    expect(codes(await tryToIssue(server.admin, { name: key!.name }))).toEqual([]);
  });

  test('does not keep a key from being rotated', async () => {
    const { apiKey } = await issue(server.admin, { name: 'kept' });
    expect(dataOf(await tryToRotate(server.admin, apiKey.id)).rotateApiKey.apiKey.name).toBe('kept');
  });
});

async function count(): Promise<number> {
  const [row] = await server.database.query<{ count: number }>('SELECT count(*)::int AS count FROM api_key');
  return row!.count;
}

/** In seconds: the database reads its clock twice. */
function lifeOf({ createdAt, expiresAt }: { createdAt: string; expiresAt: string | null }): number | null {
  return expiresAt === null ? null : Math.round((Date.parse(expiresAt) - Date.parse(createdAt)) / 1000);
}
