import { connect, type SecureVersion } from 'node:tls';
import { openStage } from '../end-to-end/stage';
import { Authority, describeWithOpenssl, type Issued } from '../host-agent/certificates';
import { temporaryFolder } from '../support/process';
import { LOCAL, startTlsServer } from './tls-stage';

jest.setTimeout(60_000);

const stage = openStage(afterEach);

describeWithOpenssl('a server with tls.cert and tls.key', () => {
  const folder = temporaryFolder();
  let root: Authority;
  let good: Issued;
  beforeAll(() => {
    root = Authority.root(folder.path, 'root');
    good = root.issue('good', ['subjectAltName=IP:127.0.0.1,DNS:localhost']);
  });
  afterAll(() => folder.remove());

  test('serves probes, API, playground and its files over HTTPS, and has browsers come back by that alone', async () => {
    const server = await startTlsServer(stage, root, [good]);
    expect(server.url).toMatch(/^https:/);
    for (const route of ['/healthz', '/readyz', '/v1/readyz'])
      expect(await server.get(route)).toMatchObject({ status: 200, text: '{}' });
    const page = await server.get('/graphql', { accept: 'text/html' });
    expect(page).toMatchObject({ status: 200, headers: { 'strict-transport-security': 'max-age=31536000' } });
    const local = await server.get('/healthz', { host: 'localhost:8080' });
    expect(local.headers).not.toHaveProperty('strict-transport-security');
    const [, script] = /src="\.?\/?(assets\/[^"]+\.js)"/.exec(page.text)!;
    expect(await server.get(`/${script}`)).toMatchObject({ status: 200 });
    const roll = await stage.run(['node', 'list'], server.asAdmin);
    expect(roll.code).toBe(0);
    expect(server.output()).toMatch(/Server listening at https:/);
  });

  test.each<[string, SecureVersion, Record<string, string>, RegExp]>([
    ['refuses TLS 1.1', 'TLSv1.1', {}, /protocol version/],
    ['speaks TLS 1.2', 'TLSv1.2', {}, /^TLSv1\.2$/],
    ['speaks TLS 1.3', 'TLSv1.3', {}, /^TLSv1\.3$/],
    [
      'refuses TLS 1.2 when tls.min_version is TLSv1.3',
      'TLSv1.2',
      { ROLLCALL_TLS_MIN_VERSION: 'TLSv1.3' },
      /protocol version/,
    ],
    ['speaks TLS 1.3 when that is tls.min_version', 'TLSv1.3', { ROLLCALL_TLS_MIN_VERSION: 'TLSv1.3' }, /^TLSv1\.3$/],
  ])('%s, also with a certificate that was renewed', async (_, version, environment, outcome) => {
    const server = await startTlsServer(stage, root, [good], environment);
    expect(await spoken(server.url, version)).toMatch(outcome);
    server.present(root.issue('renewed', LOCAL));
    await server.says(/the certificate of tls\.cert was read anew/);
    expect(await spoken(server.url, version)).toMatch(outcome);
  });

  function spoken(url: string, version: SecureVersion): Promise<string> {
    const { hostname: host, port } = new URL(url);
    return new Promise((resolve) => {
      const socket = connect({
        host,
        port: Number(port),
        ca: root.issued.cert,
        minVersion: version,
        maxVersion: version,
        // OpenSSL lets a client speak the old versions only so.
        ciphers: 'DEFAULT@SECLEVEL=0',
      });
      socket.on('error', (error) => resolve(error.message));
      socket.on('secureConnect', () => {
        resolve(String(socket.getProtocol()));
        socket.destroy();
      });
    });
  }

  test('does not start with a pair that cannot be used, and says in one sentence which setting to correct', async () => {
    const environment = {
      ROLLCALL_DATA_DIR: stage.folder(),
      ROLLCALL_TLS_CERT: good.file,
      ROLLCALL_TLS_KEY: root.issued.keyFile,
    };
    const { code, output, errors } = await stage.run(['serve', '--port', '0'], environment);
    expect({ code, output }).toEqual({ code: 1, output: '' });
    expect(errors).toMatch(
      /^rollcall: tls\.key: \S+root\.key cannot be used \(it is not the key of .*\): name the PEM file .*\.\n$/,
    );
  });

  test.each<[string, () => [Issued, ...Authority[]], RegExp]>([
    ['127.0.0.1', () => [good, root], /--url https:\/\/127\.0\.0\.1:\d+ --ca-file \S+served\.pem/],
    [
      'localhost alone',
      () => [root.issue('named', ['subjectAltName=DNS:*.example,DNS:localhost']), root],
      /--url https:\/\/localhost:\d+ --ca-file \S+served\.pem/,
    ],
  ])(
    'whose certificate is for %s names a command that issues a token as it is printed, and the pin',
    async (_, served, options) => {
      const server = await startTlsServer(stage, root, served());
      const [, command] = await server.says(/with the token that this gives: rollcall ([^"]+)"/);
      expect(command).toMatch(options);
      expect(server.output()).toContain(`ca_pin: sha256:${root.pin}`);
      const issued = await stage.run(command!.split(' '));
      expect(issued).toMatchObject({ code: 0, errors: '' });
      expect(issued.output).toContain(`ca_pin: sha256:${root.pin}`);
    },
  );

  test('that does not show its CA says how agents are to know it', async () => {
    const server = await startTlsServer(stage, root, [good]);
    const [told] = await server.says(/For the agents: [^"]+/);
    expect(told).toMatch(/append its certificate to tls\.cert, or give them ca_file/);
    expect(server.output()).not.toMatch(/ca_pin|--ca-file/);
  });

  test.each([
    ['has expired', -1, /the certificate of tls\.cert has expired/],
    ['ends soon', 3, /the certificate of tls\.cert expires in 2 days/],
  ])('starts with a certificate that %s, and warns', async (_, days, warning) => {
    const server = await startTlsServer(stage, root, [root.issue('ending', LOCAL, days)]);
    expect((await server.says(warning)).index).toBeGreaterThan(0);
  });

  test.each([
    ['warns', 'without TLS', false],
    ['does not warn', 'with TLS', true],
  ])('%s of keys in clear text when it listens beyond loopback %s', async (_, __, withTls) => {
    const tls = { ROLLCALL_TLS_CERT: good.file, ROLLCALL_TLS_KEY: good.keyFile };
    const { url: DATABASE_URL } = await stage.database();
    const environment = { DATABASE_URL, ROLLCALL_HOST: '0.0.0.0', ...(withTls && tls) };
    const server = await stage.serve(stage.folder(), environment);
    expect(/keys and tokens come over plain HTTP/.test(server.output())).toBe(!withTls);
  });
});
