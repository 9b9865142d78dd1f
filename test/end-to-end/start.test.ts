import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { CredentialKind, makeCredential } from '../../src/access/credential';
import { dataOf, graphqlClient } from '../support/client';
import { enrol, issueToken } from '../support/enrol';
import { adminKey, adminOf, openStage } from './stage';

jest.setTimeout(60_000);

const stage = openStage(afterEach);

const ROLE = '{ caller { role } }';
const ADMIN = { data: { caller: { role: 'ADMIN' } } };

describe('the administrator key', () => {
  it('is written at the first start, for its owner alone, and all of the next start is as it was', async () => {
    const dataDir = stage.folder();
    const first = await stage.serve(dataDir);
    const file = path.join(dataDir, 'admin.key');
    const written = statSync(file);
    expect(written.mode & 0o777).toBe(0o600);
    expect(await adminOf(first, dataDir)(ROLE)).toMatchObject(ADMIN);
    const { nodeId } = await enrol(adminOf(first, dataDir));
    await expect(first.kill('SIGTERM')).resolves.toBe(0);

    const second = await stage.serve(dataDir);

    expect(statSync(file)).toMatchObject({ ino: written.ino, mtimeMs: written.mtimeMs });
    const { caller, nodes } = dataOf(await adminOf(second, dataDir)('{ caller { role } nodes { nodes { id } } }'));
    expect({ caller, nodes }).toEqual({ caller: { role: 'ADMIN' }, nodes: { nodes: [{ id: nodeId }] } });
    const database = await stage.connect(dataDir);
    expect((await database.query(`SELECT FROM api_key WHERE role = 'ADMIN'`)).rowCount).toBe(1);
    for (const server of [first, second]) {
      expect(server.output()).toContain(file);
      // Not even as what the log has blanked.
      expect(server.output() + server.errors()).not.toMatch(/rcu_|\[credential\]/);
    }
  });

  it('that is in its file already is taken, and the file is left as it is', async () => {
    const database = await stage.database();
    const file = path.join(stage.folder(), 'given.key');
    const { text } = makeCredential(CredentialKind.USER_KEY);
    writeFileSync(file, `${text}\n`, { mode: 0o600 });

    const server = await stage.serve(stage.folder(), { DATABASE_URL: database.url, ROLLCALL_ADMIN_KEY_FILE: file });

    expect(await graphqlClient(server.url, text)(ROLE)).toMatchObject(ADMIN);
    expect(readFileSync(file, 'utf8')).toBe(`${text}\n`);
  });

  it.each([
    ['no key', 'not a key'],
    ['a mangled key', `${makeCredential(CredentialKind.USER_KEY).text.slice(0, -1)}x`],
    ['a registration token', makeCredential(CredentialKind.REGISTRATION_TOKEN).text],
  ])(
    'whose file holds %s keeps the server from starting, with one sentence, and is not overwritten',
    async (_, text) => {
      const database = await stage.database();
      const dataDir = stage.folder();
      const file = path.join(dataDir, 'admin.key');
      writeFileSync(file, text, { mode: 0o600 });

      const environment = { ROLLCALL_DATA_DIR: dataDir, DATABASE_URL: database.url };
      const { code, output, errors } = await stage.run(['serve', '--port', '0'], environment);

      expect(code).toBe(1);
      expect(errors).toBe(
        `rollcall: The file ${file} holds no API key: remove it, or set ROLLCALL_ADMIN_KEY_FILE to another file.\n`,
      );
      expect(output + errors).not.toContain(text);
      expect(readFileSync(file, 'utf8')).toBe(text);
    },
  );
});

describe('a start that cannot be', () => {
  it('on a port that is taken ends with one sentence and leaves no PostgreSQL behind', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    stage.later(() => blocker.close());
    await new Promise((resolve) => blocker.once('listening', resolve));
    const { port } = blocker.address() as AddressInfo;
    const dataDir = stage.folder();

    const { code, errors } = await stage.run(['serve', '--port', String(port)], { ROLLCALL_DATA_DIR: dataDir });

    expect(code).toBe(1);
    expect(errors).toBe(
      `rollcall: Another program listens on 127.0.0.1:${port}: stop it, or set ROLLCALL_PORT to another port.\n`,
    );
    await expect(stage.connect(dataDir)).rejects.toThrow('ENOENT');
  });

  it('on the data folder of a server that runs ends with one sentence, and the other goes on', async () => {
    const dataDir = stage.folder();
    const running = await stage.serve(dataDir);

    const { code, errors } = await stage.run(['serve', '--port', '0'], { ROLLCALL_DATA_DIR: dataDir });

    expect(code).toBe(1);
    expect(errors).toBe(
      `rollcall: The data folder ${dataDir} is in use by another Rollcall server: stop that one, or set ROLLCALL_DATA_DIR to another folder.\n`,
    );
    expect(await adminOf(running, dataDir)(ROLE)).toMatchObject(ADMIN);
  });

  it('on a database that takes no writes ends, and nothing of it goes on', async () => {
    const database = await stage.database();
    const dataDir = stage.folder();
    const environment = { DATABASE_URL: database.url, ROLLCALL_DATA_DIR: dataDir };
    const first = await stage.serve(dataDir, environment);
    await first.kill('SIGTERM');
    await database.query(`ALTER DATABASE ${database.place.database} SET default_transaction_read_only = on`);

    const { code, errors } = await stage.run(['serve', '--port', '0'], environment);

    expect(code).toBe(1);
    expect(errors).toContain('read-only transaction');
  });
});

describe('the settings', () => {
  it('that are bad are told all at once, without their values, and nothing is started', async () => {
    const dataDir = stage.folder();
    const environment = { ROLLCALL_DATA_DIR: dataDir, ROLLCALL_PORT: 'many', DATABASE_URL: 'mysql://u:hidden@h/d' };
    for (const command of [['serve'], ['config', 'check']]) {
      const { code, output, errors } = await stage.run(command, environment);
      expect({ code, output }).toEqual({ code: 2, output: '' });
      expect(errors).toMatch(/ROLLCALL_PORT: .*0 to 65535/);
      expect(errors).toMatch(/DATABASE_URL: .*postgres/);
      expect(errors).not.toMatch(/many|hidden/);
    }
    expect(() => statSync(path.join(dataDir, 'admin.key'))).toThrow('ENOENT');
  });

  it('that are good are shown by "config check" with where they come from, passwords hidden', async () => {
    const environment = { ROLLCALL_DATA_DIR: '/srv/roll', DATABASE_URL: 'postgres://u:hidden@h/d' };
    const { code, output, errors } = await stage.run(['config', 'check', '--port', '9090'], environment);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(output).toMatch(/^The settings are good\./);
    expect(output).toMatch(/^port +9090 +.*--port/m);
    expect(output).toMatch(/^data_dir +\/srv\/roll +.*ROLLCALL_DATA_DIR/m);
    expect(output).toMatch(/^database\.url +postgres:\/\/u:\*\*\*@h\/d +.*DATABASE_URL/m);
    expect(output).not.toContain('hidden');
  });
});

it('A base path stands before every route, the probes included, and nothing answers without it', async () => {
  const database = await stage.database();
  const dataDir = stage.folder();
  const server = await stage.serve(dataDir, { DATABASE_URL: database.url, ROLLCALL_BASE_PATH: '/pmp' });
  const { origin, pathname } = new URL(server.url);
  expect(pathname).toBe('/pmp');
  const admin = adminOf(server, dataDir);
  const page = await (await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } })).text();
  const asset = /src="\.?\/?((?:pmp\/)?assets\/[^"]+\.js)"/.exec(page)![1]!.replace(/^pmp\//, '');
  const { secret: token } = await issueToken(admin);

  const json = { 'content-type': 'application/json' };
  const routes: [string, RequestInit, number][] = [
    ['/healthz', {}, 200],
    ['/readyz', {}, 200],
    ['/v1/readyz', {}, 200],
    ['/graphql', { headers: { accept: 'text/html' } }, 200],
    [`/${asset}`, {}, 200],
    ['/graphql', { method: 'POST', headers: json, body: '{"query": "{ version { version } }"}' }, 200],
    ['/api/v1/register', { method: 'POST', headers: json, body: JSON.stringify({ token, hostname: 'db-1' }) }, 201],
  ];
  for (const [route, request, status] of routes) {
    expect([route, (await fetch(origin + route, request)).status]).toEqual([route, 404]);
    expect([route, (await fetch(server.url + route, request)).status]).toEqual([route, status]);
  }
  const shown = await stage.run(['node', 'show', 'db-1'], {
    ROLLCALL_URL: server.url,
    ROLLCALL_KEY: adminKey(dataDir),
  });
  expect(shown).toMatchObject({ code: 0, output: expect.stringContaining('db-1') });
});
