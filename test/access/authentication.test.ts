import { Client, request, type Dispatcher } from 'undici';
import {
  CredentialKind,
  formatCredential,
  hashSecret,
  makeCredential,
  parseCredential,
} from '../../src/access/credential';
import { Role } from '../../src/access/role';
import { dataOf } from '../support/client';
import { enrol } from '../support/enrol';
import { issueKey, startServer, type TestServer } from '../support/server';

const VERSION = '{ version { version commit } }';
const ROLE = '{ caller { role } }';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

describe('a header that is accepted', () => {
  test.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('may write the scheme as %s', async (scheme) => {
    const answer = await ask({ authorization: `${scheme} ${server.keys.VIEWER}` }, ROLE);
    expect(answer).toMatchObject({ status: 200, body: { data: { caller: { role: 'VIEWER' } } } });
  });

  test('may have more than one space after the scheme', async () => {
    const answer = await ask({ authorization: `Bearer   ${server.keys.EDITOR}` }, ROLE);
    expect(answer).toMatchObject({ status: 200, body: { data: { caller: { role: 'EDITOR' } } } });
  });
});

describe('a header that is refused', () => {
  const headers: [string, (key: string) => string][] = [
    ['an empty value', () => ''],
    ['the scheme alone', () => 'Bearer'],
    ['the scheme and a space', () => 'Bearer '],
    ['the key alone', (key) => key],
    ['another scheme', (key) => `Token ${key}`],
    ['the scheme and the key run together', (key) => `Bearer${key}`],
    ['two keys', (key) => `Bearer ${key} ${key}`],
    ['two keys by comma', (key) => `Bearer ${key},Bearer ${key}`],
    ['a parameter after the key', (key) => `Bearer ${key}, realm=x`],
    ['quotes around the key', (key) => `Bearer "${key}"`],
    ['a tab for the space', (key) => `Bearer\t${key}`],
    ['a mangled key', (key) => `Bearer ${key.slice(0, -1)}`],
    ['something else', () => 'Bearer eyJhbGciOiJub25lIn0.e30.'],
  ];
  test.each(headers)('%s is UNAUTHENTICATED for the whole request, also for public fields', async (_, header) => {
    const answer = await ask({ authorization: header(server.keys.ADMIN) }, VERSION);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="rollcall"');
    expect(answer.body.data).toBeUndefined();
    expect(answer.body.errors[0].extensions).toEqual({ code: 'UNAUTHENTICATED' });
    expect(answer.text).not.toContain(server.keys.ADMIN.slice(4, 20));
  });
});

test('an unknown key, a wrong secret and a mangled key are told the same, byte by byte', async () => {
  const known = parseCredential(server.keys.ADMIN)!;
  const stranger = makeCredential(CredentialKind.USER_KEY);
  const wrongSecret = formatCredential({ ...known, secret: stranger.credential.secret });
  const answers = [];
  for (const key of [stranger.text, wrongSecret, `${stranger.text}0`])
    answers.push(await ask({ authorization: `Bearer ${key}` }, VERSION));
  const told = answers.map(({ status, text, headers }) => {
    const { date: _date, 'x-request-id': _id, ...rest } = headers;
    return { status, text, headers: rest };
  });
  expect(told[1]).toEqual(told[0]);
  expect(told[2]).toEqual(told[0]);
  expect(told[0]!.status).toBe(401);
});

test.each([
  [CredentialKind.AGENT_KEY, 'VIEWER'],
  [CredentialKind.SESSION, 'VIEWER'],
  [CredentialKind.REGISTRATION_TOKEN, 'ADMIN'],
] as const)('a %s credential does not stand for a key of role %s', async (kind, role) => {
  const relabelled = formatCredential({ ...parseCredential(server.keys[role])!, kind });
  const answer = await ask({ authorization: `Bearer ${relabelled}` }, ROLE);
  expect(answer).toMatchObject({ status: 401, body: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] } });
});

test('an agent’s key presented as a user’s is refused', async () => {
  const { secret } = await enrol(server.admin);
  const relabelled = formatCredential({ ...parseCredential(secret)!, kind: CredentialKind.USER_KEY });
  expect((await ask({ authorization: `Bearer ${relabelled}` }, ROLE)).status).toBe(401);
});

describe('a key that has ended', () => {
  const ends: [string, (publicId: string) => Promise<unknown>][] = [
    ['KEY_EXPIRED', (id) => set(id, `expires_at = clock_timestamp()`)],
    ['KEY_REVOKED', (id) => set(id, `revoked_at = clock_timestamp(), ended_by = 'KEY_REVOKED'`)],
    ['KEY_ROTATED', (id) => set(id, `revoked_at = clock_timestamp(), ended_by = 'KEY_ROTATED'`)],
    ['AGENT_REPLACED', (id) => set(id, `revoked_at = clock_timestamp(), ended_by = 'AGENT_REPLACED'`)],
  ];
  test.each(ends)('is told %s, and only with the right secret', async (reason, end) => {
    const key = await issueKey(server.database.dataSource, Role.VIEWER);
    const credential = parseCredential(key)!;
    await end(credential.publicId);
    const answer = await ask({ authorization: `Bearer ${key}` }, VERSION);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="rollcall"');
    expect(answer.body.errors[0].extensions).toEqual({ code: 'UNAUTHENTICATED', reason });

    const guessed = formatCredential({
      ...credential,
      secret: makeCredential(CredentialKind.USER_KEY).credential.secret,
    });
    const stranger = await ask({ authorization: `Bearer ${makeCredential(CredentialKind.USER_KEY).text}` }, VERSION);
    expect((await ask({ authorization: `Bearer ${guessed}` }, VERSION)).text).toBe(stranger.text);
  });

  test('by time is refused from then on, although it was remembered as good, and not before', async () => {
    const key = await issueKey(server.database.dataSource, Role.VIEWER, new Date(Date.now() + 3_600_000));
    const { publicId } = parseCredential(key)!;
    await set(publicId, `expires_at = clock_timestamp() + interval '1 s'`);
    let answers = 0;
    for (; (await ask({ authorization: `Bearer ${key}` }, ROLE)).status === 200; answers++)
      expect(answers).toBeLessThan(100_000);
    expect(answers).toBeGreaterThan(0);
    const [row] = await server.database.query<{ over: boolean }>(
      'SELECT expires_at <= clock_timestamp() AS over FROM api_key WHERE public_id = $1',
      [publicId],
    );
    expect(row).toEqual({ over: true });
  });

  test('is refused at the next request on the connection that it has used, and nobody there has its role afterwards', async () => {
    const key = await issueKey(server.database.dataSource, Role.EDITOR);
    const connection = new Client(server.url);
    let connects = 0;
    connection.on('connect', () => connects++);
    const told = async (presented?: string) => {
      const headers: Record<string, string> = presented === undefined ? {} : { authorization: `Bearer ${presented}` };
      const { status, body } = await ask(headers, ROLE, '', connection);
      return [status, body.data?.caller?.role ?? body.errors[0].extensions.reason ?? body.errors[0].extensions.code];
    };
    expect(await told(key)).toEqual([200, 'EDITOR']);
    const own = dataOf(await server.as(key)('{ caller { apiKey { id } } }')).caller.apiKey.id;
    dataOf(
      await server.admin(`mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { id } } }`, { id: own }),
    );
    expect(await told(key)).toEqual([401, 'KEY_REVOKED']);
    expect(await told()).toEqual([200, 'UNAUTHENTICATED']);
    expect(await told(server.keys.VIEWER)).toEqual([200, 'VIEWER']);
    expect(await told()).toEqual([200, 'UNAUTHENTICATED']);
    expect(connects).toBe(1);
    await connection.close();
  });
});

describe('a good key anywhere but in the header does not count', () => {
  const places: [string, (key: string) => Parameters<typeof ask>][] = [
    ['the URL', (key) => [{}, ROLE, `?access_token=${key}&authorization=Bearer%20${key}&api_key=${key}`]],
    ['a cookie', (key) => [{ cookie: `authorization=Bearer ${key}; session=${key}; token=${key}` }, ROLE]],
    [
      'other headers',
      (key) => [{ 'x-api-key': key, 'x-authorization': `Bearer ${key}`, 'proxy-authorization': `Bearer ${key}` }, ROLE],
    ],
  ];
  test.each(places)('in %s: the caller is anonymous', async (_, arrange) => {
    const answer = await ask(...arrange(server.keys.ADMIN));
    expect(answer).toMatchObject({ status: 200, body: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] } });
  });

  test('in variables and extensions of the operation: the caller is anonymous', async () => {
    const { ADMIN } = server.keys;
    const body = { query: ROLE, variables: { authorization: ADMIN }, extensions: { authorization: `Bearer ${ADMIN}` } };
    const answer = await ask({}, body);
    expect(answer).toMatchObject({ status: 200, body: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] } });
  });
});

test('the database holds the hash of a key’s secret, and the secret nowhere', async () => {
  const { secret } = await enrol(server.admin);
  const credential = parseCredential(secret)!;
  const rows = await server.database.query<{ secret_hash: Buffer; row: string }>(
    `SELECT secret_hash, api_key::text AS row FROM api_key WHERE public_id = $1`,
    [credential.publicId],
  );
  expect(rows[0]!.secret_hash.equals(hashSecret(credential.secret))).toBe(true);
  expect(rows[0]!.row).not.toContain(credential.secret);
});

/** Sends an operation with these headers, exactly as they are. */
async function ask(headers: Record<string, string>, operation: string | object, search = '', dispatcher?: Dispatcher) {
  const answer = await request(`${server.url}/graphql${search}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(typeof operation === 'string' ? { query: operation } : operation),
    ...(dispatcher && { dispatcher }),
  });
  const text = await answer.body.text();
  // The shape is the query's.
  const body: any = JSON.parse(text); // oxlint-disable-line typescript/no-explicit-any
  return { status: answer.statusCode, headers: answer.headers, text, body };
}

function set(publicId: string, assignment: string): Promise<unknown> {
  return server.database.query(`UPDATE api_key SET ${assignment} WHERE public_id = $1`, [publicId]);
}
