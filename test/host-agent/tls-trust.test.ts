import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { z } from 'zod';
import { makeServerClient } from '../../src/host-agent/server-client';
import { Authority, describeWithOpenssl, type Issued } from './certificates';
import { data, listenLocally, startScriptedServer, type ScriptedServer } from './scripted-server';

const OPERATION = { query: 'query { answer(input: 1) }', input: {}, answer: z.object({ answer: z.literal(42) }) };
const LOCAL = ['subjectAltName=IP:127.0.0.1'];

interface Outcome {
  answer?: unknown;
  error?: unknown;
  /** How many calls came to the server, whole or in part. */
  calls: number;
}

const trusted: Outcome = { answer: 42, calls: 1 };

function distrusted(message: RegExp): Outcome {
  return {
    error: expect.objectContaining({ kind: 'certificate', message: expect.stringMatching(message) }),
    calls: 0,
  };
}

describeWithOpenssl('trust in the server', () => {
  const folder = mkdtempSync(`${tmpdir()}/rollcall-tls-`);
  let root: Authority;
  let other: Authority;
  let good: Issued;
  let server: ScriptedServer | undefined;

  beforeAll(() => {
    root = Authority.root(folder, 'root');
    other = Authority.root(folder, 'other');
    good = root.issue('good', LOCAL);
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Serves with the certificate, followed by the given others, and calls it. */
  async function callServer(
    served: Issued,
    chain: Authority[],
    trust: { caFile?: string; caPin?: string },
  ): Promise<Outcome> {
    const cert = [served, ...chain.map(({ issued }) => issued)].map((one) => one.cert).join('');
    server = await startScriptedServer([data({ answer: 42 })], { tls: { cert, key: served.key } });
    const client = makeServerClient({ apiUrl: server.url, caFile: trust.caFile, caPin: trust.caPin });
    const { calls } = server;
    try {
      const { answer } = await client.call(OPERATION, new AbortController().signal);
      return { answer, calls: calls.length };
    } catch (error) {
      return { error, calls: calls.length };
    } finally {
      await client.close();
    }
  }

  test('takes a server of the CA in ca_file', async () => {
    expect(await callServer(good, [], { caFile: root.issued.file })).toEqual(trusted);
  });

  test('takes a server of the CA in ca_file that the pin names', async () => {
    expect(await callServer(good, [], { caFile: root.issued.file, caPin: root.pin })).toEqual(trusted);
  });

  test('takes the pinned CA out of the chain that the server shows', async () => {
    expect(await callServer(good, [root], { caPin: root.pin })).toEqual(trusted);
  });

  test('takes a pinned CA that is not the root', async () => {
    const middle = root.intermediate('middle');
    expect(await callServer(middle.issue('leaf', LOCAL), [middle], { caPin: middle.pin })).toEqual(trusted);
  });

  test('takes a pinned root behind a CA in between', async () => {
    const middle = root.intermediate('between');
    expect(await callServer(middle.issue('below', LOCAL), [middle, root], { caPin: root.pin })).toEqual(trusted);
  });

  test('does not take a private CA that nothing vouches for', async () => {
    expect(await callServer(good, [root], {})).toEqual(distrusted(/certificate is not good/));
  });

  test('does not take it either when the environment switches verification off', async () => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect(await callServer(good, [root], {})).toEqual(distrusted(/certificate is not good/));
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    }
  });

  test('does not take a server of another CA than that in ca_file', async () => {
    expect(await callServer(good, [root], { caFile: other.issued.file })).toEqual(
      distrusted(/certificate is not good/),
    );
  });

  test('does not take a chain without the pinned CA', async () => {
    expect(await callServer(good, [root], { caPin: other.pin })).toEqual(
      distrusted(/does not show the CA of central\.ca_pin/),
    );
  });

  test('does not take a server that leaves the pinned CA out', async () => {
    expect(await callServer(good, [], { caPin: root.pin })).toEqual(distrusted(/set central\.ca_file/));
  });

  test('does not take a server that shows the pinned CA without belonging to it', async () => {
    mkdirSync(`${folder}/forged`);
    const namesake = Authority.root(`${folder}/forged`, 'root');
    // Without a key identifier the forged certificate names the shown root as its issuer as well as the true one does.
    const forged = namesake.issue('forged', [...LOCAL, 'authorityKeyIdentifier=none']);
    expect(await callServer(forged, [root], { caPin: root.pin })).toEqual(distrusted(/certificate is not good/));
  });

  test('does not take a pin of the server’s own certificate', async () => {
    const { pin } = new Authority(folder, 'good', good);
    expect(await callServer(good, [root], { caPin: pin })).toEqual(distrusted(/does not show the CA/));
  });

  test.each([
    ['expired', LOCAL, -1],
    ['made for another name', ['subjectAltName=DNS:rollcall.example'], 30],
  ])('does not take a certificate that is %s, with ca_file or with the pin', async (name, extensions, days) => {
    const bad = root.issue(name.replaceAll(' ', '-'), extensions, days);
    expect(await callServer(bad, [root], { caFile: root.issued.file })).toEqual(distrusted(/certificate is not good/));
    await server?.close();
    expect(await callServer(bad, [root], { caPin: root.pin })).toEqual(distrusted(/certificate is not good/));
  });

  test('refuses a ca_file that the pin does not name', async () => {
    const { error } = await callServer(good, [root], { caFile: other.issued.file, caPin: root.pin });
    expect(error).toMatchObject({
      exitCode: 1,
      message: expect.stringContaining('does not hold the CA of central.ca_pin'),
    });
  });

  test('refuses a ca_file without a certificate', async () => {
    const { error } = await callServer(good, [root], { caFile: good.keyFile });
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining('no certificate in it') });
  });

  test('sends nothing but a handshake while it looks for the pinned CA', async () => {
    const received: Buffer[] = [];
    const listener: Server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (bytes) => {
        received.push(bytes);
        socket.destroy();
      });
    });
    const port = await listenLocally(listener);
    const client = makeServerClient({ apiUrl: `https://127.0.0.1:${port}`, caFile: undefined, caPin: root.pin });
    await expect(client.call(OPERATION, new AbortController().signal)).rejects.toMatchObject({ kind: 'unreachable' });
    listener.close();
    // 22: a TLS handshake record, the only one.
    expect(received[0]?.[0]).toBe(22);
    expect(received).toHaveLength(1);
  });

  test('says so when a plain http server answers', async () => {
    server = await startScriptedServer([data({ answer: 42 })]);
    const client = makeServerClient({
      apiUrl: server.url.replace('http:', 'https:'),
      caFile: undefined,
      caPin: undefined,
    });
    await expect(client.call(OPERATION, new AbortController().signal)).rejects.toMatchObject({ kind: 'foreign' });
    await client.close();
  });
});
