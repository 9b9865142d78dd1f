import { execFile } from 'node:child_process';
import { access, constants, lstat, mkdir, open, readdir, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Account, clusterAccount, spawnAs } from './account';
import { letThrough, makeAccountFolder, removeAccountFiles } from './account-folder';
import { DataFolderError } from './data-folder-error';
import { failureOf } from './failure';

const run = promisify(execFile);

/** The folder that holds everything that a server keeps. */
export interface DataFolder {
  /** The folder itself, by its real path: the server's own, with its keys. */
  path: string;
  /** The part that belongs to the account of the cluster, mode 0700. */
  cluster: string;
  /** The data of PostgreSQL; there only when it is whole. */
  data: string;
  /** What postgres prints. Not in the cluster's folder: as root this is opened, and read, without the account's having a hand in it. */
  log: string;
  /** A copy of PostgreSQL's programs, when one is needed: this process's own, too, so that root can make it. */
  binaries: string;
  /** The account of the cluster, or null when it is this process's own. */
  account: Account | null;
}

/** Makes the data folder and the cluster's folder in it, as far as they are not there. */
export async function prepareDataFolder(dataDir: string): Promise<DataFolder> {
  const root = await makeDataFolder(path.resolve(dataDir));
  const cluster = path.join(root, 'postgres');
  const account = await clusterAccount(cluster);
  await makeClusterFolder(cluster, account);
  if (account) await refuseUnreachable(cluster, account);
  return {
    path: root,
    cluster,
    data: path.join(cluster, 'data'),
    log: path.join(root, 'postgres.log'),
    binaries: path.join(root, 'binaries'),
    account,
  };
}

/**
 * Removes what a killed predecessor had begun and not finished, as far as that can be: what an initdb that outlived its parent
 * still writes to goes at the next start. Only the owner of the folder may: another start may still need its own.
 */
export async function removeUnfinished(folder: DataFolder): Promise<void> {
  await removeAccountFiles(await unfinishedOf(folder.data), folder.account);
  for (const copy of await unfinishedOf(passwordFile(folder))) await rm(copy, { force: true }).catch(() => undefined);
  if (!(await isSolelyOurs(folder))) return;
  for (const copy of await unfinishedOf(folder.binaries))
    await rm(copy, { recursive: true, force: true }).catch(() => undefined);
}

/** Where the password of the cluster is kept: mode 0600, of the server's account, not the cluster's. */
export function passwordFile(folder: DataFolder): string {
  return path.join(folder.path, 'postgres.password');
}

/**
 * Whether nobody else can change what lies in the data folder. Where root is not sure of that it must not work on trees there:
 * a part of the path may be replaced by a link at any moment.
 */
export async function isSolelyOurs({ path: folder, account }: DataFolder): Promise<boolean> {
  if (!account) return true;
  const { uid, mode } = await lstat(folder);
  return uid === process.getuid?.() && (mode & 0o022) === 0;
}

/** What a thing is called until it is whole: its name, this, and six random characters (mkdtemp). */
export const UNFINISHED = '.new-';

/** Makes new and renamed entries of a folder survive a power cut: what PostgreSQL syncs in a file is lost with the name of the file. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function unfinishedOf(place: string): Promise<string[]> {
  const folder = path.dirname(place);
  const names = await readdir(folder);
  return names
    .filter((name) => name.startsWith(path.basename(place) + UNFINISHED))
    .map((name) => path.join(folder, name));
}

async function makeDataFolder(folder: string): Promise<string> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  // As root the cluster's account must be able to pass through; a folder that was there keeps the mode that it has.
  if (first && process.getuid?.() === 0) for (const made of foldersBetween(first, folder)) await letThrough(made);
  await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  return realpath(folder);
}

/** From the one folder to the other below it, both included. */
function foldersBetween(first: string, last: string): string[] {
  const steps = path.relative(first, last).split(path.sep).filter(Boolean);
  return [first, ...steps.map((_, index) => path.join(first, ...steps.slice(0, index + 1)))];
}

async function makeClusterFolder(folder: string, account: Account | null): Promise<void> {
  await makeAccountFolder(folder, account);
  // Not a link either: root would hand over to the account whatever the link points to.
  if (!(await lstat(folder)).isDirectory())
    throw new DataFolderError(`${folder} is not a folder: move it aside, or set ROLLCALL_DATA_DIR to another folder.`);
  if (!account) await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
}

async function refuseUnreachable(folder: string, account: Account): Promise<void> {
  if (await canEnter(folder, account)) return;
  const { root } = path.parse(folder);
  const steps = folder.slice(root.length).split(path.sep);
  for (let count = 1; count <= steps.length; count++) {
    const step = path.join(root, ...steps.slice(0, count));
    if (await canEnter(step, account)) continue;
    throw new DataFolderError(
      `The account "${account.name}", which PostgreSQL runs as, cannot pass through ${step} to the data folder: ` +
        `allow it (chmod o+x ${step}), or set ROLLCALL_DATA_DIR to a folder that it can reach, such as /var/lib/rollcall.`,
    );
  }
}

/** Asked of the kernel, not worked out from mode bits, which know nothing of access control lists. */
async function canEnter(folder: string, account: Account): Promise<boolean> {
  try {
    await run('/bin/sh', ['-c', 'cd "$0"', folder], spawnAs(account));
    return true;
  } catch (error) {
    const { code } = failureOf(error);
    // EINVAL: a user namespace that does not map the account.
    if (code === 'EPERM' || code === 'EINVAL')
      throw new DataFolderError(
        `This process is root but may not become the account "${account.name}", which PostgreSQL is to run as: ` +
          'run Rollcall as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own.',
      );
    // A machine without a shell cannot be asked; then PostgreSQL itself will say.
    return code === 'ENOENT';
  }
}
