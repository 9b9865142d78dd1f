import { chmod, cp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findBinaries, platformPackage } from '../../src/database/embedded/binaries';
import { prepareDataFolder } from '../../src/database/embedded/data-folder';
import { borrowEmbeddedPostgres, type DatabaseConnection } from '../../src/database/embedded/embedded-postgres';
import { aDataDir, cleanUp, keptLog, query, start, startInChild } from './embedded/data-folders';

afterEach(cleanUp);

const LONG_NAME = `${'long-'.repeat(20)}name`;

describe('a data folder', () => {
  it('may have spaces, commas and quotes in its path', async () => {
    const { connection } = await start(await aDataDir(`a "b", c's`));
    expect(await query(connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('is not confused by the settings of other PostgreSQL clients in the environment', async () => {
    const kept = process.env;
    process.env = { ...kept, PGSSLMODE: 'require', PGDATA: '/nonexistent', PGPORT: '1', PGUSER: 'somebody' };
    try {
      const { connection } = await start(await aDataDir());
      expect(await query(connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    } finally {
      process.env = kept;
    }
  });
});

describe('the socket of a data folder with a long path', () => {
  it('lies in a short folder of its own, the same at every start', async () => {
    const dataDir = await aDataDir(LONG_NAME);
    const server = await start(dataDir);
    const { host } = server.connection;
    expect(path.dirname(host)).toBe('/tmp');
    expect(((await stat(host)).mode & 0o777).toString(8)).toBe('700');
    expect(await query(server.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.stop();
    expect((await start(dataDir)).connection.host).toBe(host);
    await rm(host, { recursive: true });
  });

  it('is found by a command that has another temporary folder', async () => {
    const dataDir = await aDataDir(LONG_NAME);
    const { child, exited, firstLine } = await startInChild(dataDir, {
      env: { ...process.env, TMPDIR: path.dirname(dataDir) },
    });
    const connection: DatabaseConnection = JSON.parse(await firstLine);
    const borrowed = await borrowEmbeddedPostgres({ dataDir, log: keptLog() });
    expect(borrowed.connection).toEqual(connection);
    await borrowed.stop();
    expect(await query(connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    child.stdin.end();
    await exited;
    await rm(connection.host, { recursive: true });
  });

  it('is not put into a folder that was opened to others', async () => {
    const dataDir = await aDataDir(LONG_NAME);
    const server = await start(dataDir);
    const { host } = server.connection;
    await server.stop();
    await chmod(host, 0o777);
    await expect(start(dataDir)).rejects.toThrow(
      `The socket folder ${host} was not made by Rollcall, or was opened to others: remove it`,
    );
    await rm(host, { recursive: true });
  });
});

/** A package as npm leaves it when it runs no install scripts: without the links of its libraries. */
async function aPackageWithoutLinks(): Promise<string> {
  const folder = await aDataDir('package');
  await cp(platformPackage(), folder, { recursive: true, verbatimSymlinks: true });
  const links: { target: string }[] = JSON.parse(await readFile(path.join(folder, 'native/pg-symlinks.json'), 'utf8'));
  for (const { target } of links) await rm(path.join(folder, target), { force: true });
  return folder;
}

describe('programs that the account cannot run where npm put them', () => {
  it('are copied beside the data, with their links, once for each version', async () => {
    const [packageFolder, folder] = [await aPackageWithoutLinks(), await prepareDataFolder(await aDataDir())];
    const binaries = await findBinaries(folder, packageFolder);
    expect(binaries).toEqual({
      postgres: path.join(folder.path, 'binaries/native/bin/postgres'),
      initdb: path.join(folder.path, 'binaries/native/bin/initdb'),
      majorVersion: '18',
    });
    const { ino } = await stat(binaries.postgres);
    await findBinaries(folder, packageFolder);
    expect((await stat(binaries.postgres)).ino).toBe(ino);

    await writeFile(path.join(packageFolder, 'package.json'), '{ "version": "18.99.0" }');
    await findBinaries(folder, packageFolder);
    expect((await stat(binaries.postgres)).ino).not.toBe(ino);
  });

  it('are reported when they cannot be run anywhere', async () => {
    const packageFolder = await aPackageWithoutLinks();
    await chmod(path.join(packageFolder, 'native/bin/postgres'), 0o600);
    const folder = await prepareDataFolder(await aDataDir());
    await expect(findBinaries(folder, packageFolder)).rejects.toMatchObject({
      name: 'DataFolderError',
      message: expect.stringMatching(/^PostgreSQL can be run neither from .* \(.*EACCES.*\): put ROLLCALL_DATA_DIR /),
    });
  });
});
