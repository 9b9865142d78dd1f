import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstat, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { spawnAs } from './account';
import { readAccountFile, removeAccountFiles } from './account-folder';
import type { Binaries } from './binaries';
import { type DataFolder, passwordFile, syncFolder, UNFINISHED } from './data-folder';
import { DataFolderError } from './data-folder-error';
import { failureOf } from './failure';

const run = promisify(execFile);

/** The only role of the cluster. */
export const ROLE = 'rollcall';

/** The same cluster on every host, whatever its locale and time zone (PostgreSQL 17 and newer). */
const SAME_EVERYWHERE = [
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--set=timezone=UTC',
  '--set=log_timezone=UTC',
];

const VERSION_FILE = 'PG_VERSION';

/** Whether there is a cluster in a data folder, of which nothing need be there. */
export async function hasCluster(dataDir: string): Promise<boolean> {
  try {
    await lstat(path.join(dataDir, 'postgres/data', VERSION_FILE));
    return true;
  } catch (error) {
    if (failureOf(error).code === 'ENOENT') return false;
    throw error;
  }
}

/** The major version of PostgreSQL that made the cluster; null when there is no cluster. */
export async function clusterVersion(folder: DataFolder): Promise<string | null> {
  try {
    return (await readAccountFile(path.join(folder.data, VERSION_FILE), folder.account)).trim();
  } catch (error) {
    if (failureOf(error).code === 'ENOENT') return null;
    throw error;
  }
}

/** Makes the cluster unless there is one; refuses one of another major version. */
export async function ensureCluster(folder: DataFolder, binaries: Binaries, password: string): Promise<void> {
  if ((await clusterVersion(folder)) === null) await makeCluster(folder, binaries, password);
  const version = await clusterVersion(folder);
  if (version === binaries.majorVersion) return;
  throw new DataFolderError(
    `The database in ${folder.data} was made by PostgreSQL ${version}, and this Rollcall brings PostgreSQL ${binaries.majorVersion}: ` +
      'run the Rollcall that made it and move the data by pg_dump, or set DATABASE_URL to a PostgreSQL of your own.',
  );
}

/** Made beside its place and renamed when it is whole, so that a kill leaves nothing half-made. */
async function makeCluster(folder: DataFolder, binaries: Binaries, password: string): Promise<void> {
  const suffix = UNFINISHED + randomBytes(6).toString('hex');
  const unfinished = folder.data + suffix;
  const passwordCopy = passwordFile(folder) + suffix;
  try {
    await writeCopy(passwordCopy, password, folder);
    await initialize(unfinished, passwordCopy, folder, binaries);
    await rename(unfinished, folder.data);
    await syncFolder(folder.cluster);
    await syncFolder(folder.path);
  } catch (error) {
    // Another start was faster: its cluster is as good.
    if ((await clusterVersion(folder)) === null) throw explain(error, folder);
  } finally {
    await rm(passwordCopy, { force: true });
    await removeAccountFiles([unfinished], folder.account);
  }
}

async function initialize(data: string, passwordCopy: string, folder: DataFolder, binaries: Binaries): Promise<void> {
  const access = [`--username=${ROLE}`, '--auth=scram-sha-256', `--pwfile=${passwordCopy}`];
  await run(binaries.initdb, [`--pgdata=${data}`, ...access, ...SAME_EVERYWHERE], spawnAs(folder.account));
}

/** initdb reads the password from a file, and as another account cannot read ours. Not in that one's folder: its owner changes. */
async function writeCopy(file: string, password: string, { account }: DataFolder): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(password);
    if (account) await handle.chown(account.uid, account.gid);
  } finally {
    await handle.close();
  }
}

function explain(error: unknown, folder: DataFolder): unknown {
  const { code, stderr } = failureOf(error);
  if (code === 'ENOTEMPTY' || code === 'EEXIST')
    return new DataFolderError(
      `${folder.data} holds files but no whole database (PG_VERSION is missing): put it back from a backup, or move it aside to begin with an empty one.`,
    );
  if (stderr === undefined) return error;
  const reason = stderr.split('\n').find((line) => line.includes('error:')) ?? stderr.trim().split('\n').at(-1);
  return new DataFolderError(
    `PostgreSQL could not make its database in ${folder.cluster} (${reason}): settle that, set ROLLCALL_DATA_DIR to another folder, ` +
      'or set DATABASE_URL to a PostgreSQL of your own.',
    { cause: error },
  );
}
