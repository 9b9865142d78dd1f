import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { DatabaseConnection } from '../../src/database/embedded/embedded-postgres';
import {
  aDataDir,
  AS_ROOT,
  aStoppedDataDir,
  cleanUp,
  eventually,
  isAlive,
  postmasterOf,
  query,
  start,
  startInChild,
} from './embedded/data-folders';

afterEach(cleanUp);

/** How many hold the lock by which a server owns the cluster. */
async function owners(connection: DatabaseConnection): Promise<unknown> {
  const [row] = await query(connection, "SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND granted");
  return row!.count;
}

describe('the embedded PostgreSQL', () => {
  it('keeps its rows over a stop and another start', async () => {
    const dataDir = await aStoppedDataDir();
    const { connection } = await start(dataDir);
    expect(await query(connection, 'SELECT value FROM kept')).toEqual([{ value: 'a row' }]);
  });

  it('gives up no durability, and opens no port', async () => {
    const { connection } = await start(await aDataDir());
    const names = ['fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses', 'unix_socket_permissions'];
    const columns = names.map((name) => `current_setting('${name}') AS ${name}`).join(', ');
    expect(await query(connection, `SELECT ${columns}`)).toEqual([
      {
        fsync: 'on',
        synchronous_commit: 'on',
        full_page_writes: 'on',
        listen_addresses: '',
        unix_socket_permissions: '0700',
      },
    ]);
  });

  it('admits nobody without the password', async () => {
    const { connection } = await start(await aDataDir());
    await expect(query({ ...connection, password: 'another' }, 'SELECT 1')).rejects.toThrow(
      'password authentication failed',
    );
  });

  it('closes its folders and files to other accounts', async () => {
    const dataDir = await aDataDir();
    const { connection } = await start(dataDir);
    const modeOf = async (place: string) => ((await stat(path.join(dataDir, place))).mode & 0o777).toString(8);
    const places = ['.', 'postgres.password', 'postgres', 'postgres/data', 'postgres/socket', 'postgres.log'];
    const modes = await Promise.all(places.map(modeOf));
    expect(modes).toEqual([AS_ROOT ? '711' : '700', '600', '700', '700', '700', '600']);
    expect(connection.host).toBe(path.join(dataDir, 'postgres/socket'));
    expect((await stat(path.join(dataDir, 'postgres.password'))).uid).toBe(process.getuid!());
    const { uid } = await stat(path.join(dataDir, 'postgres'));
    expect(uid === 0).toBe(false);
    expect(uid === process.getuid!()).toBe(!AS_ROOT);
  });

  it('leaves no process, lock or socket when it is stopped', async () => {
    const dataDir = await aDataDir();
    const server = await start(dataDir);
    const pid = await postmasterOf(dataDir);
    await Promise.all([server.stop(), server.stop()]);
    expect(isAlive(pid)).toBe(false);
    expect(await readdir(server.connection.host)).toEqual([]);
    expect(await readdir(path.join(dataDir, 'postgres/data'))).not.toContain('postmaster.pid');
  });

  it('refuses a data folder that another server uses, and leaves that one alone', async () => {
    const dataDir = await aDataDir();
    const { connection } = await start(dataDir);
    await expect(start(dataDir)).rejects.toMatchObject({
      name: 'DataFolderError',
      message: `The data folder ${dataDir} is in use by another Rollcall server: stop that one, or set ROLLCALL_DATA_DIR to another folder.`,
    });
    expect(await query(connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('gives a new data folder to one of two servers that start on it at once', async () => {
    const dataDir = await aDataDir();
    const outcomes = await Promise.allSettled([start(dataDir), start(dataDir)]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { message: expect.stringContaining('in use by another Rollcall server') },
    });
    expect(await readdir(path.join(dataDir, 'postgres'))).toEqual(expect.arrayContaining(['data']));
  });

  it('takes over, with every row, what a killed server left running', async () => {
    const dataDir = await aDataDir();
    const { child, exited, firstLine } = await startInChild(dataDir);
    const former: DatabaseConnection = JSON.parse(await firstLine);
    await query(former, 'CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number');
    const pid = await postmasterOf(dataDir);
    child.kill('SIGKILL');
    await exited;

    const lines: string[] = [];
    const server = await start(dataDir, lines);
    expect(await postmasterOf(dataDir)).toBe(pid);
    expect(server.connection).toEqual(former);
    expect(await query(server.connection, 'SELECT count(*)::int FROM kept')).toEqual([{ count: 1000 }]);
    expect(lines).toEqual(['info: The PostgreSQL that a former server left running was taken over.']);
    await server.stop();
    expect(isAlive(pid)).toBe(false);
  });

  it('recovers every committed row when server and PostgreSQL are both killed', async () => {
    const dataDir = await aDataDir();
    const { child, exited, firstLine } = await startInChild(dataDir);
    const connection: DatabaseConnection = JSON.parse(await firstLine);
    await query(connection, 'CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number');
    child.kill('SIGKILL');
    process.kill(await postmasterOf(dataDir), 'SIGKILL');
    await exited;
    const server = await start(dataDir);
    expect(await query(server.connection, 'SELECT count(*)::int FROM kept')).toEqual([{ count: 1000 }]);
  });

  it('comes back by itself at the same place when it is killed', async () => {
    const dataDir = await aDataDir();
    const lines: string[] = [];
    const { connection } = await start(dataDir, lines);
    await query(connection, 'CREATE TABLE kept AS SELECT 1 AS number');
    for (let round = 0; round < 2; round++) {
      const pid = await postmasterOf(dataDir);
      process.kill(pid, 'SIGKILL');
      await eventually(async () => (await postmasterOf(dataDir)) !== pid);
      expect(await eventually(() => query(connection, 'SELECT number FROM kept'))).toEqual([{ number: 1 }]);
      await eventually(async () => (await owners(connection)) === 1);
    }
    const line = 'error: The embedded PostgreSQL ended unexpectedly; it is being started again.';
    expect(lines).toEqual([line, line]);
  });

  it('still belongs to the server that it came back for', async () => {
    const dataDir = await aDataDir();
    const { connection } = await start(dataDir);
    const pid = await postmasterOf(dataDir);
    process.kill(pid, 'SIGKILL');
    await eventually(async () => (await postmasterOf(dataDir)) !== pid);
    await eventually(async () => (await owners(connection)) === 1);
    await expect(start(dataDir)).rejects.toThrow('in use by another Rollcall server');
  });

  it('stays stopped when it is killed just before', async () => {
    const dataDir = await aDataDir();
    const server = await start(dataDir);
    const killed = await postmasterOf(dataDir);
    process.kill(killed, 'SIGKILL');
    await eventually(async () => (await postmasterOf(dataDir)) !== killed);
    await server.stop();
    await expect(query(server.connection, 'SELECT 1')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
