import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { rollcall, temporaryFolder, writeKey } from './rollcall-process';
import { certificate, privateKey } from './self-signed';

const folder = temporaryFolder();
const key = writeKey(join(folder, 'admin.key'));
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** Listens, and gives the port. */
async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
}

async function listTokens(url: string, ...words: string[]) {
  const { code, stdout, stderr } = await rollcall(folder, ['token', 'list', '--url', url, '-o', 'json', ...words]);
  expect(stdout).toBe('');
  expect(stderr).not.toContain(key);
  return { code, error: JSON.parse(stderr).error };
}

function answering(status: number, body: string, headers: Record<string, string> = {}): RequestListener {
  return (_, response) => response.writeHead(status, headers).end(body);
}

function refusing(code: string, extensions: object = {}): RequestListener {
  const body = JSON.stringify({ errors: [{ message: 'No.', extensions: { code, ...extensions } }] });
  return answering(200, body, { 'content-type': 'application/json', 'x-request-id': 'req-7' });
}

describe('a server in trouble', () => {
  it('that does not listen is unavailable', async () => {
    const port = await listen(createHttpServer());
    await new Promise((done) => servers.pop()?.close(done));
    await expect(listTokens(`http://127.0.0.1:${port}`)).resolves.toEqual({
      code: 6,
      error: {
        code: 'UNAVAILABLE',
        message: `http://127.0.0.1:${port} cannot be reached (ECONNREFUSED).`,
        hint: 'Check that the server runs and that --url or ROLLCALL_URL names it.',
        requestId: null,
        retryable: true,
      },
    });
  });

  it('that does not answer in time is unavailable', async () => {
    const port = await listen(createHttpServer(() => {}));
    const { code, error } = await listTokens(`http://127.0.0.1:${port}`, '--timeout', '1s');
    expect(code).toBe(6);
    expect(error).toMatchObject({ retryable: true, message: expect.stringContaining('did not answer within 1s') });
  });

  it('that stops in the middle of its answer is unavailable', async () => {
    const port = await listen(
      createHttpServer((_, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{"data":', () => response.destroy());
      }),
    );
    const { code, error } = await listTokens(`http://127.0.0.1:${port}`);
    expect({ code, retryable: error.retryable }).toEqual({ code: 6, retryable: true });
  });

  it.each<[string, RequestListener, number, string]>([
    ['a page of a proxy before a server that is down', answering(502, '<html>'), 6, 'UNAVAILABLE'],
    ['a page of something else', answering(404, '<html>'), 1, 'NOT_ROLLCALL'],
    ['a redirect', answering(302, '', { location: 'https://rollcall.example/' }), 1, 'NOT_ROLLCALL'],
    ['JSON of something else', answering(200, '{"ok":true}'), 1, 'NOT_ROLLCALL'],
    ['errors that are none', answering(200, '{"errors":[null]}'), 1, 'NOT_ROLLCALL'],
    ['no data and no errors', answering(200, '{"data":null}'), 1, 'NOT_ROLLCALL'],
  ])('that answers with %s is told apart', async (_, listener, code, errorCode) => {
    const outcome = await listTokens(`http://127.0.0.1:${await listen(createHttpServer(listener))}`);
    expect({ code: outcome.code, errorCode: outcome.error.code }).toEqual({ code, errorCode });
  });

  it.each([
    ['UNAUTHENTICATED', 4, false],
    ['FORBIDDEN', 4, false],
    ['NOT_FOUND', 3, false],
    ['CONFLICT', 5, false],
    ['BAD_USER_INPUT', 1, false],
    ['FAILED_PRECONDITION', 1, false],
    ['INTERNAL_SERVER_ERROR', 1, false],
    ['UNAVAILABLE', 6, true],
    ['RATE_LIMITED', 6, true],
  ])('that refuses with %s ends the command with %d', async (refusal, code, retryable) => {
    const port = await listen(createHttpServer(refusing(refusal)));
    const outcome = await listTokens(`http://127.0.0.1:${port}`);
    expect(outcome).toMatchObject({ code, error: { code: refusal, message: 'No.', requestId: 'req-7', retryable } });
  });

  it('that finds fault with fields has each of them told', async () => {
    const fields = [{ path: 'filter.status', message: 'is not known' }];
    const port = await listen(createHttpServer(refusing('BAD_USER_INPUT', { fields })));
    const { error } = await listTokens(`http://127.0.0.1:${port}`);
    expect(error.fields).toEqual(fields);
  });
});

describe('the request', () => {
  it('goes below the base path, with the key as Bearer', async () => {
    const seen: (string | undefined)[] = [];
    const port = await listen(
      createHttpServer((request, response) => {
        seen.push(request.method, request.url, request.headers.authorization);
        response.end('{"data":{"registrationTokens":{"nodes":[],"pageInfo":{"hasNextPage":false,"endCursor":null}}}}');
      }),
    );
    const words = ['token', 'list', '--url', `http://127.0.0.1:${port}/pmp/`];
    const empty = { code: 0, stdout: '', stderr: expect.stringMatching(/^There is no such registration token; /) };
    await expect(rollcall(folder, words)).resolves.toEqual(empty);
    expect(seen).toEqual(['POST', '/pmp/graphql', `Bearer ${key}`]);
    await expect(rollcall(folder, [...words, '-o', 'json'])).resolves.toEqual({ code: 0, stdout: '[]\n', stderr: '' });
  });
});

describe('plain http beyond this machine', () => {
  it('is warned about', async () => {
    const words = ['token', 'list', '--url', 'http://rollcall.invalid', '--timeout', '1s'];
    const { code, stderr } = await rollcall(folder, words, { ROLLCALL_KEY: key });
    expect(code).toBe(6);
    expect(stderr).toMatch(/^rollcall: the key goes over plain http/);
  });
});

describe('a certificate', () => {
  it('that nobody trusts ends the command before the key is sent, and the setting for a CA is named', async () => {
    let requests = 0;
    const port = await listen(createHttpsServer({ cert: certificate, key: privateKey }, () => (requests += 1)));
    const { code, error } = await listTokens(`https://127.0.0.1:${port}`);
    expect(code).toBe(1);
    expect(error).toMatchObject({
      code: 'CERTIFICATE',
      retryable: false,
      hint: expect.stringContaining('ROLLCALL_CA_FILE'),
    });
    expect(error.message).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(requests).toBe(0);
  });

  it('is verified whatever NODE_TLS_REJECT_UNAUTHORIZED says', async () => {
    let requests = 0;
    const port = await listen(createHttpsServer({ cert: certificate, key: privateKey }, () => (requests += 1)));
    const words = ['token', 'list', '--url', `https://127.0.0.1:${port}`, '--timeout', '5s'];
    const { code, stderr } = await rollcall(folder, words, { NODE_TLS_REJECT_UNAUTHORIZED: '0' });
    expect({ code, requests }).toEqual({ code: 1, requests: 0 });
    expect(stderr).toContain('is not good (DEPTH_ZERO_SELF_SIGNED_CERT)');
  });

  it('that the CA file names is trusted', async () => {
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, certificate);
    const port = await listen(createHttpsServer({ cert: certificate, key: privateKey }, refusing('FORBIDDEN')));
    const { code, error } = await listTokens(`https://127.0.0.1:${port}`, '--ca-file', caFile);
    expect({ code, errorCode: error.code }).toEqual({ code: 4, errorCode: 'FORBIDDEN' });
  });

  it('is expected of an https URL: a server of plain http is told apart', async () => {
    const port = await listen(createHttpServer(refusing('FORBIDDEN')));
    const { code, error } = await listTokens(`https://127.0.0.1:${port}`);
    expect(code).toBe(1);
    expect(error).toMatchObject({ retryable: false, message: expect.stringContaining('speaks another protocol') });
  });
});
