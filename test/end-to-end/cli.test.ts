import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { CredentialKind, makeCredential } from '../../src/access/credential';
import { dataOf, graphqlClient } from '../support/client';
import { issueToken, register, sync } from '../support/enrol';
import { adminKey, adminOf, openStage, type Outcome } from './stage';

jest.setTimeout(60_000);

const stage = openStage(afterAll);

let dataDir: string;
let url: string;
let admin: ReturnType<typeof adminOf>;

beforeAll(async () => {
  const database = await stage.database();
  dataDir = stage.folder();
  const server = await stage.serve(dataDir, { DATABASE_URL: database.url });
  url = server.url;
  admin = adminOf(server, dataDir);
});

/** Runs a command on the server's own machine, where its key is found without being named. */
const run = (words: string[], environment: Record<string, string> = {}) =>
  stage.run(words, { ROLLCALL_URL: url, ROLLCALL_DATA_DIR: dataDir, ...environment });

const readers: [string, typeof parse][] = [
  ['json', (text: string) => JSON.parse(text)],
  ['yaml', parse],
];

function good({ code, output, errors }: Outcome): string {
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  return output;
}

describe('rollcall token', () => {
  it('issue shows the secret with what to do next, and what was asked for holds', async () => {
    const words = ['--description', 'rack 7', '--max-uses', '3', '--ttl', '2h', '--node-name', 'db-*'];
    const more = ['--region', 'eu-1', '--environment', 'staging', '--tag', 'a', '--tag', 'b', '--label', 'team=core'];
    const text = good(await run(['token', 'issue', ...words, ...more]));
    const [, secret, publicId] = /^ +(rct_(\w{12})_\w{49})$/m.exec(text)!;
    expect(text).toContain(`api_url: ${url}`);
    expect(text).toContain('rollcall agent --config config.yml --register');

    const [token] = JSON.parse(good(await run(['token', 'list', '--limit', '1', '-o', 'json'])));
    expect(token).toMatchObject({
      publicId,
      description: 'rack 7',
      status: 'ACTIVE',
      uses: 0,
      maxUses: 3,
      nodeName: 'db-*',
      region: 'eu-1',
      environment: 'staging',
      tags: ['a', 'b'],
      labels: [{ name: 'team', value: 'core' }],
      createdBy: { name: 'first administrator' },
    });
    expect(Date.parse(token.expiresAt) - Date.parse(token.createdAt)).toBe(7_200_000);
    const { agentId } = await register(graphqlClient(url), secret!, { node: { name: 'db-rack-7' } });
    expect(agentId).toEqual(expect.any(String));
  });

  it('issue --secret-only prints the secret and nothing else', async () => {
    expect(good(await run(['token', 'issue', '--secret-only']))).toMatch(/^rct_\w{12}_\w{49}\n$/);
  });

  it.each(readers)('issue, list and revoke write %s that programs can read', async (format, read) => {
    const issued = read(good(await run(['token', 'issue', '-o', format])));
    expect(issued).toMatchObject({ secret: expect.stringMatching(/^rct_/), token: { status: 'ACTIVE' } });
    const { publicId } = issued.token;

    const listed = good(await run(['token', 'list', '-o', format]));
    expect(listed).not.toContain('rct_');
    expect(read(listed)).toContainEqual(issued.token);

    const revoked = read(good(await run(['token', 'revoke', publicId, '-o', format])));
    expect(revoked).toMatchObject({ token: { publicId, status: 'REVOKED' } });
    const still = read(good(await run(['token', 'list', '--status', 'revoked', '-o', format])));
    expect(still).toContainEqual(revoked.token);
  });

  it('list is a table, and revoke takes the id, the public id or the secret', async () => {
    for (const way of ['id', 'publicId', 'secret'] as const) {
      const { secret, token } = await issueToken(admin, { description: `by ${way}` });
      const reference = { ...token, secret }[way];
      const row = new RegExp(`^${token.publicId} +ACTIVE +0/1 +any +\\S+ +never +first administrator +by ${way}$`, 'm');
      expect(good(await run(['token', 'list']))).toMatch(row);
      expect(good(await run(['token', 'revoke', reference]))).toContain(`${token.publicId} (by ${way}) is revoked`);
      expect(good(await run(['token', 'list', '--status', 'active']))).not.toContain(token.publicId);
    }
  });
});

describe('rollcall node', () => {
  it('list and show tell of the node, its agent and its services, in every format', async () => {
    const token = await issueToken(admin, { environment: 'production' });
    const name = 'shown-node';
    const node = { name, os: 'linux/amd64', address: '192.0.2.7', tags: ['primary'] };
    const enrolled = await register(admin, token.secret, {
      node,
      agentVersion: '1.2.3',
      postgresql: { version: '16.4' },
    });
    const facts = { id: enrolled.nodeId, name, status: 'INACTIVE', address: '192.0.2.7', environment: 'production' };
    const services = [{ id: enrolled.serviceId, name: 'shown-node-postgresql', version: '16.4' }];

    for (const [format, read] of readers) {
      const listed = read(good(await run(['node', 'list', '--name-contains', 'shown', '-o', format])));
      expect(listed).toMatchObject([{ ...facts, hostAgent: { id: enrolled.agentId } }]);
      for (const reference of [name.toUpperCase(), enrolled.nodeId]) {
        const shown = read(good(await run(['node', 'show', reference, '-o', format])));
        expect(shown).toMatchObject({ ...facts, tags: ['primary'], services });
      }
    }
    expect(good(await run(['node', 'list', '--status', 'inactive']))).toMatch(
      /^shown-node +INACTIVE +production +192\.0\.2\.7 +linux\/amd64 +never +1\.2\.3$/m,
    );
    dataOf(await sync(graphqlClient(url, enrolled.secret), { agentVersion: '1.2.3' }));
    const text = good(await run(['node', 'show', name]));
    expect(text).toMatch(/^Status: +ACTIVE$/m);
    expect(text).toContain(`${enrolled.agentId} 1.2.3, ACTIVE, enrolled by token`);
    expect(text).toMatch(/^shown-node-postgresql +POSTGRESQL +16\.4 +127\.0\.0\.1:5432/m);
    expect(good(await run(['node', 'list', '--status', 'active']))).toContain(name);
  });
});

describe('a command that fails', () => {
  const elsewhere = { ROLLCALL_DATA_DIR: '/nonexistent' };
  const stranger = makeCredential(CredentialKind.USER_KEY).text;

  it.each<[string, number, string, string[], Record<string, string>]>([
    ['has no key', 4, 'NO_KEY', ['token', 'list'], elsewhere],
    ['has a mangled key', 4, 'NO_KEY', ['node', 'list'], { ROLLCALL_KEY: stranger.slice(0, -1) }],
    ['has the key of another server', 4, 'UNAUTHENTICATED', ['node', 'list'], { ROLLCALL_KEY: stranger }],
    ['names a node that is not there', 3, 'NOT_FOUND', ['node', 'show', 'nobody'], {}],
    ['names a token that is not there', 3, 'NOT_FOUND', ['token', 'revoke', 'AAAAAAAAAAAA'], {}],
    ['asks for what the server refuses', 1, 'BAD_USER_INPUT', ['token', 'issue', '--ttl', '31d'], {}],
    ['asks a server that is not there', 6, 'UNAVAILABLE', ['node', 'list'], { ROLLCALL_URL: 'http://127.0.0.1:1' }],
  ])(
    'because it %s ends with %d, %s, and says so on stderr, to people and to programs',
    async (_, code, error, words, environment) => {
      const forPeople = await run(words, environment);
      expect(forPeople).toMatchObject({ code, output: '', errors: expect.stringMatching(/^rollcall: \S.*\.$/m) });
      const forPrograms = await run([...words, '-o', 'json'], environment);
      expect(forPrograms).toMatchObject({ code, output: '' });
      expect(JSON.parse(forPrograms.errors).error).toMatchObject({ code: error, message: expect.any(String) });
      for (const { errors } of [forPeople, forPrograms]) expect(errors).not.toContain(stranger.slice(17));
    },
  );

  it('because its key is an agent’s ends with 4 and says which role it needs', async () => {
    const { secret } = await register(admin, (await issueToken(admin)).secret);
    const { code, errors } = await run(['node', 'list'], { ROLLCALL_KEY: secret });
    expect({ code, errors }).toEqual({ code: 4, errors: expect.stringContaining('needs the role VIEWER') });
  });
});

it('A key is taken from a file that a flag or the environment names', async () => {
  const file = path.join(stage.folder(), 'my.key');
  writeFileSync(file, `${adminKey(dataDir)}\n`, { mode: 0o600 });
  const elsewhere = { ROLLCALL_DATA_DIR: '/nonexistent' };
  const list = ['node', 'list', '-o', 'json'];
  expect(await run([...list, '--key-file', file], elsewhere)).toMatchObject({ code: 0, errors: '' });
  expect(await run(list, { ...elsewhere, ROLLCALL_KEY_FILE: file })).toMatchObject({ code: 0, errors: '' });
});
