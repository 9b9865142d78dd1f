import { connect } from 'node:net';
import { execFile } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { CredentialKind, formatCredential, makeCredential, parseCredential } from '../../src/access/credential';
import { enrol } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';

const ROLE = JSON.stringify({ query: '{ caller { role } }' });

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

describe('Basic', () => {
  test.each([
    ['Basic', 'api_key'],
    ['Basic', 'service_token'],
    ['basic', 'api_key'],
    ['BASIC', 'service_token'],
  ])('%s with the user %s and a key as password is that key', async (scheme, user) => {
    expect(await ask(`${scheme} ${encoded(`${user}:${server.keys.EDITOR}`)}`)).toMatchObject({
      status: 200,
      body: { data: { caller: { role: 'EDITOR' } } },
    });
  });

  const refused: [string, (key: string) => string][] = [
    ['another user', (key) => encoded(`admin:${key}`)],
    ['no user', (key) => encoded(`:${key}`)],
    ['the user in capitals', (key) => encoded(`API_KEY:${key}`)],
    ['a user with a space', (key) => encoded(`api_key :${key}`)],
    ['no colon', (key) => encoded(`api_key${key}`)],
    ['the key alone', (key) => encoded(key)],
    ['the key as user', (key) => encoded(`${key}:api_key`)],
    ['an empty password', () => encoded('api_key:')],
    ['a further colon', (key) => encoded(`api_key:${key}:`)],
    ['a line feed after the key', (key) => encoded(`api_key:${key}\n`)],
    ['nothing', () => ''],
    ['what is not encoded', (key) => `api_key:${key}`],
    ['a mangled key', (key) => encoded(`api_key:${key.slice(0, -1)}`)],
  ];
  test.each(refused)('with %s is UNAUTHENTICATED', async (_, credentials) => {
    const answer = await ask(`Basic ${credentials(server.keys.ADMIN)}`);
    expect(answer).toMatchObject({ status: 401, body: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] } });
    expect(JSON.stringify(answer.body)).not.toContain(server.keys.ADMIN.slice(4, 20));
  });

  test('takes an agent’s key as an agent’s', async () => {
    const { secret } = await enrol(server.admin);
    expect((await ask(`Basic ${encoded(`api_key:${secret}`)}`)).body.data.caller.role).toBe('AGENT');
  });

  test('tells an unknown key and a wrong secret the same', async () => {
    const stranger = makeCredential(CredentialKind.USER_KEY);
    const wrong = formatCredential({ ...parseCredential(server.keys.ADMIN)!, secret: stranger.credential.secret });
    const [unknown, known] = [
      await ask(`Basic ${encoded(`api_key:${stranger.text}`)}`),
      await ask(`Basic ${encoded(`api_key:${wrong}`)}`),
    ];
    expect(known).toEqual(unknown);
  });
});

describe('two Authorization headers', () => {
  const PATHS = ['POST /graphql', 'GET /v1/version'];
  const pairs: [string, (good: string) => [string, string]][] = [
    ['the same twice', (good) => [`Bearer ${good}`, `Bearer ${good}`]],
    ['a good one first', (good) => [`Bearer ${good}`, 'Bearer nonsense']],
    ['a good one last', (good) => ['Bearer nonsense', `Bearer ${good}`]],
    ['an empty one first', (good) => ['', `Bearer ${good}`]],
    ['of two schemes', (good) => [`Bearer ${good}`, `Basic ${encoded(`api_key:${good}`)}`]],
  ];
  test.each(pairs.flatMap(([name, make]) => PATHS.map((path) => [name, path, make] as const)))(
    '%s are refused with 401 at %s',
    async (_, path, make) => {
      const answer = await raw(path, make(server.keys.ADMIN));
      expect(answer).toMatch(/^HTTP\/1.1 401 /);
      expect(answer.toLowerCase()).toContain('www-authenticate: bearer');
      expect(answer).toContain('UNAUTHENTICATED');
      expect(answer).not.toContain('"ADMIN"');
    },
  );

  test('are what is refused: one of them alone is good', async () => {
    expect(await raw('POST /graphql', [`Bearer ${server.keys.ADMIN}`])).toMatch(/^HTTP\/1.1 200 [^]*"ADMIN"/);
  });
});

/** `curl` itself, where there is one: what people type. */
const curl = (...args: string[]) =>
  new Promise<string>((resolve, reject) => {
    execFile('curl', ['-sS', '-i', ...args], (error, output) => (error ? reject(error) : resolve(output)));
  });

test('curl -u api_key:KEY is let in to GET /v1/version', async () => {
  const output = await curl('-u', `api_key:${server.keys.VIEWER}`, `${server.url}/v1/version`).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return null;
    },
  );
  if (output === null) return console.warn('There is no curl here: not tried.');
  expect(output).toMatch(/^HTTP\/1.1 200 [^]*"full_version"/);
});

function encoded(plain: string): string {
  return Buffer.from(plain).toString('base64');
}

async function ask(authorization: string) {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: ROLE,
  });
  return { status: response.status, body: (await response.json()) as any }; // oxlint-disable-line typescript/no-explicit-any
}

/** Sends a request by hand, with as many Authorization headers as there are, and gives the whole answer. */
async function raw(path: string, authorizations: string[]): Promise<string> {
  const { hostname, port } = new URL(server.url);
  const body = path.startsWith('POST') ? ROLE : '';
  const socket = connect(Number(port), hostname);
  socket.end(
    [
      `${path} HTTP/1.1`,
      `Host: ${hostname}`,
      'Connection: close',
      ...authorizations.map((value, index) => `${index % 2 ? 'authorization' : 'Authorization'}: ${value}`),
      ...(body ? ['Content-Type: application/json', `Content-Length: ${body.length}`] : []),
      '',
      body,
    ].join('\r\n'),
  );
  return text(socket);
}
