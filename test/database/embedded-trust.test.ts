import { chmod, chown, cp, link, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findBinaries, platformPackage } from '../../src/database/embedded/binaries';
import { prepareDataFolder } from '../../src/database/embedded/data-folder';
import { removeStaleLockFiles } from '../../src/database/embedded/lock-file';
import { AS_ROOT, aDataDir, aStoppedDataDir, cleanUp, query, start } from './embedded/data-folders';

afterEach(cleanUp);

const SECRET = 'only for root';

/** A file of root's beside a data folder, on the same file system. */
async function aSecret(dataDir: string): Promise<string> {
  const file = path.join(path.dirname(dataDir), 'secret');
  await writeFile(file, SECRET, { mode: 0o600 });
  return file;
}

/** Why a start was refused. */
function refusal(dataDir: string): Promise<string> {
  return start(dataDir).then(
    () => 'It was not refused.',
    (error: Error) => error.message,
  );
}

(AS_ROOT ? describe : describe.skip)('root, where other accounts may write,', () => {
  it.each([
    ['a hard link', link],
    ['a symbolic link', symlink],
  ])('does not hand over a file that %s in the place of the socket folder names', async (_, linkTo) => {
    const dataDir = await aDataDir();
    const { cluster } = await prepareDataFolder(dataDir);
    const secret = await aSecret(dataDir);
    await linkTo(secret, path.join(cluster, 'socket'));
    expect(await refusal(dataDir)).toContain(`${cluster}/socket is not a folder: move it aside`);
    expect(await stat(secret)).toMatchObject({ uid: 0, mode: 0o100600 });
  });

  it.each([
    ['a hard link', link],
    ['a symbolic link', symlink],
  ])('does not tell what is in a file that %s in the place of PG_VERSION names', async (_, linkTo) => {
    const dataDir = await aStoppedDataDir();
    const secret = await aSecret(dataDir);
    const version = path.join(dataDir, 'postgres/data/PG_VERSION');
    await rm(version);
    await linkTo(secret, version);
    const told = await refusal(dataDir);
    expect(told).toContain(version);
    expect(told).not.toContain(SECRET);
  });

  it('keeps what postgres prints out of the folder of its account', async () => {
    const dataDir = await aStoppedDataDir();
    const secret = await aSecret(dataDir);
    await link(secret, path.join(dataDir, 'postgres/postgres.log'));
    await start(dataDir);
    expect(await stat(path.join(dataDir, 'postgres.log'))).toMatchObject({ uid: 0, mode: 0o100600 });
    expect(await stat(secret)).toMatchObject({ uid: 0, size: SECRET.length });
  });

  it('removes with the rights of the account of PostgreSQL alone', async () => {
    const dataDir = await aStoppedDataDir();
    const { uid, gid } = await stat(path.join(dataDir, 'postgres'));
    const unfinished = path.join(dataDir, 'postgres/data.new-abcdef');
    await mkdir(path.join(unfinished, 'of-root'), { recursive: true });
    await chown(unfinished, uid, gid);
    await writeFile(path.join(unfinished, 'of-root/file'), SECRET);
    const { connection } = await start(dataDir);
    expect(await query(connection, 'SELECT value FROM kept')).toEqual([{ value: 'a row' }]);
    expect(await readFile(path.join(unfinished, 'of-root/file'), 'utf8')).toBe(SECRET);
  });

  it('does not remove the lock file in a folder that a link in the place of the data names', async () => {
    const folder = await prepareDataFolder(await aStoppedDataDir());
    const elsewhere = path.join(folder.path, 'elsewhere');
    await mkdir(elsewhere);
    await writeFile(path.join(elsewhere, 'postmaster.pid'), '');
    await rename(folder.data, `${folder.data}.aside`);
    await symlink(elsewhere, folder.data);
    await removeStaleLockFiles(folder, path.join(folder.cluster, 'socket'));
    expect(await readFile(path.join(elsewhere, 'postmaster.pid'), 'utf8')).toBe('');
  });

  it('does not copy the programs into a data folder that others may change', async () => {
    const closed = await aDataDir('closed');
    await mkdir(closed, { mode: 0o700 });
    const packageFolder = path.join(closed, 'package');
    await cp(platformPackage(), packageFolder, { recursive: true, verbatimSymlinks: true });
    const folder = await prepareDataFolder(await aDataDir());
    const refused = expect.stringMatching(/root does not copy it into .*: give that folder to root \(chown root /);

    await chmod(folder.path, 0o777);
    await expect(findBinaries(folder, packageFolder)).rejects.toMatchObject({ message: refused });
    await chmod(folder.path, 0o711);
    await chown(folder.path, folder.account!.uid, folder.account!.gid);
    await expect(findBinaries(folder, packageFolder)).rejects.toMatchObject({ message: refused });
    await chown(folder.path, 0, 0);
    expect((await findBinaries(folder, packageFolder)).postgres).toContain(folder.path);
  });
});
