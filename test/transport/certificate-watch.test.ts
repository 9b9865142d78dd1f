import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, get, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { loadCertificate } from '../../src/transport/certificate';
import { watchCertificate } from '../../src/transport/certificate-watch';
import { eventually } from '../database/embedded/data-folders';
import { Authority, describeWithOpenssl, type Issued } from '../host-agent/certificates';
import { temporaryFolder } from '../support/process';

const LOCAL = ['subjectAltName=IP:127.0.0.1'];

describeWithOpenssl('a certificate whose files change', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let root: Authority;
  let first: Issued;
  let second: Issued;
  let server: Server | undefined;
  let told: { level: string; text: string }[];
  let files: { certFile: string; keyFile: string };

  beforeEach(() => {
    folder = temporaryFolder();
    root = Authority.root(folder.path, 'root');
    first = root.issue('first', LOCAL);
    second = root.issue('second', LOCAL);
    files = { certFile: path.join(folder.path, 'served.pem'), keyFile: path.join(folder.path, 'served.key') };
    told = [];
  });
  afterEach(async () => {
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));
    folder.remove();
  });

  function write({ cert, key }: { cert: string; key: string }): void {
    writeFileSync(files.certFile, cert);
    writeFileSync(files.keyFile, key);
  }

  async function serve({ warnEveryMs = 1e8 } = {}): Promise<void> {
    const tls = { ...files, minVersion: 'TLSv1.2' } as const;
    const certificate = loadCertificate(tls);
    server = createServer({ cert: certificate.cert, key: certificate.key, keepAliveTimeout: 60_000 }, (_, answer) =>
      answer.end('here'),
    );
    const log = { info: tell('info'), warn: tell('warn') } as never;
    watchCertificate(server, tls, certificate, log, { lookEveryMs: 10, warnEveryMs });
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  }

  async function shown(): Promise<string> {
    const socket = await handshake();
    const { CN } = socket.getPeerCertificate().subject;
    socket.destroy();
    return String(CN);
  }

  function handshake(): Promise<TLSSocket> {
    const { port } = server!.address() as AddressInfo;
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, ca: root.issued.cert }, () => resolve(socket));
      socket.on('error', reject);
    });
  }

  function tell(level: string) {
    return (details: unknown, text?: string) => void told.push({ level, text: text ?? String(details) });
  }

  const warnings = () => told.filter(({ level }) => level === 'warn').map(({ text }) => text);

  test('is served anew once they are written anew', async () => {
    write(first);
    await serve();
    expect(await shown()).toBe('first');
    write(second);
    await eventually(async () => (await shown()) === 'second');
  });

  test('is served anew once links lead elsewhere, as Kubernetes and certbot have it', async () => {
    // Kubernetes: served.pem → ..data/tls.crt, ..data → ..2026_1; the link ..data is replaced by a rename.
    for (const [name, { cert, key }] of Object.entries({ '..2026_1': first, '..2026_2': second })) {
      mkdirSync(path.join(folder.path, name));
      writeFileSync(path.join(folder.path, name, 'tls.crt'), cert);
      writeFileSync(path.join(folder.path, name, 'tls.key'), key);
    }
    symlinkSync('..2026_1', path.join(folder.path, '..data'));
    symlinkSync('..data/tls.crt', files.certFile);
    symlinkSync('..data/tls.key', files.keyFile);
    await serve();
    expect(await shown()).toBe('first');
    symlinkSync('..2026_2', path.join(folder.path, '..data_tmp'));
    renameSync(path.join(folder.path, '..data_tmp'), path.join(folder.path, '..data'));
    await eventually(async () => (await shown()) === 'second');
  });

  test('leaves connections that run alone', async () => {
    write(first);
    await serve();
    const { port } = server!.address() as AddressInfo;
    const running = await handshake();
    write(second);
    await eventually(async () => (await shown()) === 'second');
    const answer = await new Promise<string>((resolve, reject) => {
      get({ port, path: '/', createConnection: () => running }, (response) => {
        response.on('data', (chunk: Buffer) => resolve(chunk.toString()));
      }).on('error', reject);
    });
    expect(answer).toBe('here');
    expect(running.getPeerCertificate().subject.CN).toBe('first');
  });

  test.each<[string, () => void, RegExp]>([
    [
      'do not match',
      () => write({ cert: second.cert, key: first.key }),
      /^tls\.key: .*is not the key.*The former certificate stays/,
    ],
    ['are gone', () => rmSync(files.keyFile), /^tls\.key: .*ENOENT.*The former certificate stays/],
    [
      'hold something else',
      () => write({ cert: 'nonsense', key: first.key }),
      /^tls\.cert: .*holds no certificate.*stays/,
    ],
  ])(
    'stays the former one while they %s, which is told once, and is served when they are good',
    async (_, spoil, warning) => {
      write(first);
      await serve();
      spoil();
      await eventually(async () => warnings().length > 0);
      for (let looks = 0; looks < 5; looks++) expect(await shown()).toBe('first');
      write(second);
      await eventually(async () => (await shown()) === 'second');
      // Between the writing of the one file and of the other another fault may have been seen.
      expect(warnings()[0]).toMatch(warning);
      expect(new Set(warnings()).size).toBe(warnings().length);
      expect(told.at(-1)).toEqual({ level: 'info', text: 'the certificate of tls.cert was read anew' });
    },
  );

  test.each([
    ['has expired', -1, /has expired/],
    ['expires within 14 days', 13, /expires in 12 days/],
  ])('that %s is warned of at start and day by day', async (_, days, warning) => {
    write(root.issue('ending', LOCAL, days));
    await serve({ warnEveryMs: 20 });
    await eventually(async () => warnings().length >= 3);
    for (const text of warnings()) expect(text).toMatch(warning);
  });

  test('that is good for longer is not warned of', async () => {
    write(root.issue('good', LOCAL, 15));
    await serve({ warnEveryMs: 5 });
    for (let looks = 0; looks < 5; looks++) await shown();
    expect(warnings()).toEqual([]);
  });
});
