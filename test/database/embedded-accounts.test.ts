import { chmod, chown, cp, mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { findBinaries, platformPackage } from '../../src/database/embedded/binaries';
import { prepareDataFolder } from '../../src/database/embedded/data-folder';
import {
  aDataDir,
  AS_ROOT,
  cleanUp,
  ORDINARY_USER,
  ordinaryUserCanRun,
  query,
  start,
  startInChild,
} from './embedded/data-folders';

afterEach(cleanUp);

(AS_ROOT ? describe : describe.skip)('as root', () => {
  it('tells which folder the account of PostgreSQL cannot pass through', async () => {
    const closed = await aDataDir();
    await mkdir(closed, { mode: 0o700 });
    const { account } = await prepareDataFolder(await aDataDir());
    await expect(start(path.join(closed, 'data-folder'))).rejects.toThrow(
      `The account "${account!.name}", which PostgreSQL runs as, ` +
        `cannot pass through ${closed} to the data folder: allow it (chmod o+x ${closed}), or set ROLLCALL_DATA_DIR`,
    );
  });

  it('copies the programs out of a folder that only root can enter', async () => {
    const closed = await aDataDir('closed');
    await mkdir(closed, { mode: 0o700 });
    const packageFolder = path.join(closed, 'package');
    await cp(platformPackage(), packageFolder, { recursive: true, verbatimSymlinks: true });
    // As installed by somebody who gives nobody else anything.
    await chmod(path.join(packageFolder, 'native/bin'), 0o700);
    await chmod(path.join(packageFolder, 'native/bin/postgres'), 0o700);
    const folder = await prepareDataFolder(await aDataDir());
    const { postgres } = await findBinaries(folder, packageFolder);
    expect(postgres).toBe(path.join(folder.path, 'binaries/native/bin/postgres'));
    expect(await stat(postgres)).toMatchObject({ uid: 0, mode: 0o100755 });
    expect(await stat(folder.binaries)).toMatchObject({ uid: 0, mode: 0o040755 });
  });

  it('makes a data folder with the folders above it, and lets the account of PostgreSQL pass through them', async () => {
    const first = await aDataDir('first');
    const dataDir = path.join(first, 'second/data-folder');
    const { connection } = await start(dataDir);
    expect(await query(connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    for (const made of [first, path.dirname(dataDir), dataDir]) expect((await stat(made)).mode & 0o777).toBe(0o711);
  });

  it('does not put the socket into a short folder that another account made first', async () => {
    const dataDir = await aDataDir(`${'long-'.repeat(20)}name`);
    const server = await start(dataDir);
    const { host } = server.connection;
    await server.stop();
    await chown(host, 12345, 12345);
    await expect(start(dataDir)).rejects.toThrow(`The socket folder ${host} was not made by Rollcall`);
    await rm(host, { recursive: true });
  });
});

(ordinaryUserCanRun() ? describe : describe.skip)('as an ordinary user', () => {
  it('runs from the first start to the stop', async () => {
    const dataDir = await aDataDir();
    await chmod(path.dirname(dataDir), 0o777);
    for (let round = 0; round < 2; round++) await runOnce(dataDir);
    expect(((await stat(dataDir)).mode & 0o777).toString(8)).toBe('700');
  });

  it('tells that the data folder cannot be written', async () => {
    const dataDir = await aDataDir();
    await mkdir(dataDir, { mode: 0o555 });
    const { firstLine, exited } = await startInChild(dataDir, ORDINARY_USER);
    expect(await firstLine).toBe(
      `DataFolderError: The data folder ${dataDir} cannot be written by this account (EACCES): ` +
        'settle that, or set ROLLCALL_DATA_DIR to another folder.',
    );
    expect(await exited).toEqual([1, null]);
  });

  it('can go on with its data folder after root had used it', async () => {
    const dataDir = await aDataDir();
    await chmod(path.dirname(dataDir), 0o777);
    await runOnce(dataDir);
    const server = await start(dataDir);
    expect(await query(server.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.stop();
    await runOnce(dataDir);
  });
});

/** Starts and stops the cluster in a process of an ordinary user. */
async function runOnce(dataDir: string): Promise<void> {
  const { child, exited, firstLine } = await startInChild(dataDir, ORDINARY_USER);
  expect(await firstLine).toContain(dataDir);
  child.stdin.end();
  expect(await exited).toEqual([0, null]);
}
