import { codes, graphqlClient, type Answer } from '../support/client';
import { enrol, issueToken } from '../support/enrol';
import { Role } from '../../src/access/role';
import { issueKey, startServer, type TestServer } from '../support/server';

const MASKED = 'Something went wrong here. The log of the server has it under the request id.';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

test('an error of the database that nobody foresaw is masked, and logged under the request id of the answer', async () => {
  const answer = await withoutTable('service', () =>
    server.viewer('{ services { nodes { id } } version { version } }'),
  );
  expect(answer.status).toBe(200);
  expectMasked(answer);
});

test('so is one that strikes while the credential is looked up, which is never told as UNAUTHENTICATED', async () => {
  // A key that the server has not met: one that it remembers needs no look-up.
  const key = await issueKey(server.database.dataSource, Role.VIEWER);
  const answer = await withoutTable('api_key', () => server.as(key)('{ version { version } }'));
  expect(answer.status).toBe(500);
  expect(answer.data).toBeUndefined();
  expectMasked(answer);
});

test('so is one in a mutation, which is undone', async () => {
  const { secret, token } = await issueToken(server.admin);
  const variables = { input: { token: secret, node: { name: 'masked-host' } } };
  const answer = await withoutTable('liveness', () =>
    server.anonymous('mutation ($input: RegisterAgentInput!) { registerAgent(input: $input) { agentId } }', variables),
  );
  expectMasked(answer);
  const [row] = await server.database.query<{ uses: number; nodes: number }>(
    `SELECT uses, (SELECT count(*)::int FROM node WHERE name = 'masked-host') AS nodes FROM registration_token WHERE id = $1`,
    [token.id],
  );
  expect(row).toEqual({ uses: 0, nodes: 0 });
});

test('so is one on plain HTTP', async () => {
  const { secret } = await issueToken(server.admin);
  const response = await withoutTable('liveness', () =>
    fetch(`${server.url}/api/v1/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: secret, hostname: 'masked-host' }),
    }),
  );
  expect(response.status).toBe(500);
  const id = response.headers.get('x-request-id');
  expect(await response.json()).toEqual({
    error: { code: 'INTERNAL_SERVER_ERROR', message: MASKED, request_id: id },
  });
  expect(logged(id)).toHaveLength(1);
  expect(server.log.join('\n')).not.toContain(secret.slice(17, 40));
});

test('a denied field is HTTP 200, beside what is allowed', async () => {
  const { secret } = await enrol(server.admin);
  const answer = await graphqlClient(server.url, secret)('{ version { version } agent(id: "x") { id } }');
  expect(answer.status).toBe(200);
  expect(codes(answer)).toEqual(['FORBIDDEN']);
  expect(answer.data).toEqual({ version: { version: expect.any(String) }, agent: null });
  expect(answer.errors[0]).toMatchObject({
    path: ['agent'],
    message: 'This needs the role VIEWER; the key has AGENT.',
  });
});

test('an anonymous denied field is HTTP 200, and says how to give a key', async () => {
  const answer = await server.anonymous('{ agent(id: "x") { id } }');
  expect(answer.status).toBe(200);
  expect(answer.errors[0]).toMatchObject({
    message: 'Give an API key: "Authorization: Bearer KEY".',
    extensions: { code: 'UNAUTHENTICATED' },
  });
});

/** Does something while a table is not there. */
async function withoutTable<T>(table: string, attempt: () => Promise<T>): Promise<T> {
  await server.database.query(`ALTER TABLE ${table} RENAME TO ${table}_away`);
  try {
    return await attempt();
  } finally {
    await server.database.query(`ALTER TABLE ${table}_away RENAME TO ${table}`);
  }
}

function expectMasked(answer: Answer): void {
  const told = answer.errors.map(({ message, extensions }) => ({ message, extensions }));
  expect(told).toEqual([{ message: MASKED, extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
  expect(answer.text).not.toMatch(/relation|SELECT|INSERT|stack|\.ts|\.js/);
  expect(logged(answer.headers.get('x-request-id'))).toEqual([
    expect.objectContaining({ err: expect.objectContaining({ message: expect.stringContaining('does not exist') }) }),
  ]);
}

/** The errors that the log tells under this request id. */
function logged(requestId: string | null): unknown[] {
  return server.log
    .map((line) => JSON.parse(line) as { reqId?: string; level: number })
    .filter(({ reqId, level }) => reqId === requestId && level >= 50);
}
