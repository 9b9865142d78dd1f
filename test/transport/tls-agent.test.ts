import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { CredentialKind, hashSecret, makeCredential } from '../../src/access/credential';
import { serverTrust } from '../../src/cli/server-trust';
import { eventually } from '../database/embedded/data-folders';
import { openStage } from '../end-to-end/stage';
import { Authority, describeWithOpenssl, type Issued } from '../host-agent/certificates';
import { makeToken } from '../support/inventory';
import { temporaryFolder } from '../support/process';
import { LOCAL, startTlsServer, type TlsServer } from './tls-stage';

jest.setTimeout(90_000);

const stage = openStage(afterEach);

describeWithOpenssl('the host agent and a server with TLS of a private CA', () => {
  const folder = temporaryFolder();
  let root: Authority;
  let other: Authority;
  let good: Issued;
  beforeAll(() => {
    root = Authority.root(folder.path, 'root');
    other = Authority.root(folder.path, 'other');
    good = root.issue('good', LOCAL);
  });
  afterAll(() => folder.remove());

  test.each<[string, (root: Authority) => { chain: Authority[]; trust: Record<string, string> }]>([
    ['ca_file', ({ issued }) => ({ chain: [], trust: { ca_file: issued.file } })],
    ['ca_pin, of a CA that the server shows', (ca) => ({ chain: [ca], trust: { ca_pin: `sha256:${ca.pin}` } })],
  ])('the agent enrols and syncs by %s', async (_, by) => {
    const { chain, trust } = by(root);
    const server = await startTlsServer(stage, root, [good, ...chain]);
    const { code, errors, file } = await register(configFor(server, await tokenOf(server), trust));
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    const agent = stage.start(['agent', '--config', file]);
    await agent.says(/^Syncing with https:/m);
    await eventually(async () => (await heardOf(server)) !== null);
  });

  test('the agent enrols with what "rollcall token issue" tells, as it stands there', async () => {
    const server = await startTlsServer(stage, root, [good, root]);
    const { output } = await stage.run(['token', 'issue'], server.asAdmin);
    expect(output).toContain(`ca_pin: sha256:${root.pin}`);
    const snippet =
      /let config\.yml hold\n\n([^]*?)\n\nand run\n\n {2}rollcall agent --config config\.yml --register\n/.exec(output);
    const { code } = await register(snippet![1]!.replaceAll(/^ {2}/gm, ''));
    expect(code).toBe(0);
  });

  test('"rollcall token issue" says what to do when the server does not show its CA', async () => {
    const server = await startTlsServer(stage, root, [good]);
    const { output } = await stage.run(['token', 'issue'], server.asAdmin);
    expect(output).not.toContain('ca_pin:');
    expect(output).toMatch(
      /copy the CA’s certificate to the host and name it in\s+central\.ca_file, or append it to .*tls\.cert/,
    );
  });

  test('"rollcall token issue" pins no CA that its own trust does not vouch for, whatever stands in between shows', async () => {
    const server = await startTlsServer(stage, root, [good, root]);
    const { signal } = new AbortController();
    await expect(serverTrust(server.url, other.issued.cert, signal)).resolves.toEqual({ kind: 'file' });
    await expect(serverTrust(server.url, root.issued.cert, signal)).resolves.toEqual({
      kind: 'pin',
      pin: `sha256:${root.pin}`,
    });
    await expect(serverTrust(server.url, null, signal)).resolves.toEqual({ kind: 'known' });
  });

  test.each<[string, () => [Issued, ...Authority[]], (r: Authority, o: Authority) => Record<string, string>, RegExp]>([
    [
      'with another pin',
      () => [good, root],
      (_, { pin }) => ({ ca_pin: `sha256:${pin}` }),
      /does not show the CA of central\.ca_pin/,
    ],
    [
      'with another CA in ca_file',
      () => [good],
      (_, { issued }) => ({ ca_file: issued.file }),
      /certificate is not good/,
    ],
    ['with neither', () => [good, root], () => ({}), /certificate is not good/],
    [
      'when the certificate has expired',
      () => [root.issue('expired', LOCAL, -1), root],
      ({ pin }) => ({ ca_pin: `sha256:${pin}` }),
      /certificate is not good.*expired/,
    ],
    [
      'when the certificate is for another name',
      () => [root.issue('elsewhere', ['subjectAltName=DNS:elsewhere']), root],
      ({ pin }) => ({ ca_pin: `sha256:${pin}` }),
      /certificate is not good/,
    ],
  ])('the agent does not enrol %s, and the token stays good', async (_, served, trust, message) => {
    const server = await startTlsServer(stage, root, served());
    const { credential, text: token } = makeCredential(CredentialKind.REGISTRATION_TOKEN);
    const { publicId, secret } = credential;
    await makeToken(server.database, { public_id: publicId, secret_hash: hashSecret(secret) });
    const { code, errors } = await register(configFor(server, token, trust(root, other)));
    expect(code).toBe(1);
    expect(errors).toMatch(message);
    expect(await server.database.query('SELECT uses FROM registration_token')).toEqual([{ uses: 0 }]);
  });

  test('an agent that runs goes on when the certificate is renewed, and does not when it is of another CA', async () => {
    const server = await startTlsServer(stage, root, [good, root], {
      ROLLCALL_SYNC_MINIMUM_INTERVAL: '2s',
      // Each sync makes a connection of its own, and sees the certificate of the hour.
      ROLLCALL_TIMEOUTS_IDLE: '1s',
    });
    const { file } = await register(configFor(server, await tokenOf(server), { ca_pin: `sha256:${root.pin}` }));
    const agent = stage.start(['agent', '--config', file]);
    await agent.says(/^Syncing with https:/m);
    const renewals = () => server.output().split('the certificate of tls.cert was read anew').length - 1;
    const heardLater = async () => {
      const before = await heardOf(server);
      await eventually(async () => (await heardOf(server))! > before!);
    };
    await eventually(async () => (await heardOf(server)) !== null);

    server.present(root.issue('renewed', LOCAL), root);
    await eventually(async () => renewals() === 1);
    await heardLater();
    await heardLater();
    expect(agent.output() + agent.errors()).not.toMatch(/Lost/);

    server.present(other.issue('foreign', LOCAL), other);
    await agent.says(/^Lost: .*certificate is not good/m);
    server.present(root.issue('again', LOCAL), root);
    await agent.says(/^Back: /m);
  });
});

async function heardOf({ database }: TlsServer): Promise<Date | null> {
  const [row] = await database.query<{ last_seen_at: Date | null }>('SELECT last_seen_at FROM liveness');
  return row?.last_seen_at ?? null;
}

async function tokenOf(server: TlsServer): Promise<string> {
  const { output } = await stage.run(['token', 'issue', '--secret-only'], server.asAdmin);
  return output.trim();
}

/** Writes a config.yml and enrols with it. */
async function register(config: string) {
  const file = path.join(stage.folder(), 'config.yml');
  writeFileSync(file, config, { mode: 0o600 });
  const outcome = await stage.run(['agent', '--config', file, '--register', '--write']);
  return { file, ...outcome };
}

function configFor(server: TlsServer, token: string, trust: Record<string, string>): string {
  return stringify({
    registration: { token },
    central: { api_url: server.url, ...trust },
    server: { hostname: 'db-1' },
  });
}
