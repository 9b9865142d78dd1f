import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { makeAccountFolder } from './account-folder';
import type { DataFolder } from './data-folder';
import { DataFolderError } from './data-folder-error';

/** Names the socket; no TCP port is opened. */
export const PORT = 5432;

/** Not that of TMPDIR: a command beside the server may have another one, and must find the same socket. */
const TEMPORARY_FOLDER = process.platform === 'win32' ? os.tmpdir() : '/tmp';

/** sizeof sockaddr_un.sun_path less the final NUL: unix(7), and BSD's unix(4). */
const LONGEST_PATH = process.platform === 'darwin' ? 103 : 107;

/**
 * The folder of the cluster's socket, mode 0700: in the data folder or, when its path is too long for a socket, a short one in
 * the system's temporary folder, the same for every process, so that an orphan is found again.
 */
export async function makeSocketFolder(folder: DataFolder): Promise<string> {
  const socketFolder = chooseSocketFolder(folder);
  await makeAccountFolder(socketFolder, folder.account);
  await refuseForeign(socketFolder, folder);
  return socketFolder;
}

function chooseSocketFolder(folder: DataFolder): string {
  const beside = path.join(folder.cluster, 'socket');
  if (fits(beside)) return beside;
  const digest = createHash('sha256').update(folder.path).digest('hex').slice(0, 16);
  return path.join(TEMPORARY_FOLDER, `rollcall-${digest}`);
}

function fits(socketFolder: string): boolean {
  return Buffer.byteLength(socketPath(socketFolder)) <= LONGEST_PATH;
}

/** The socket in a socket folder, as PostgreSQL and its clients name it. */
export function socketPath(socketFolder: string): string {
  return path.join(socketFolder, `.s.PGSQL.${PORT}`);
}

/** In a temporary folder anybody could have made it first, and would then hear our password. */
async function refuseForeign(socketFolder: string, { account }: DataFolder): Promise<void> {
  const found = await lstat(socketFolder);
  const owner = account?.uid ?? process.getuid?.();
  if (found.isDirectory() && found.uid === owner && (found.mode & 0o077) === 0) return;
  throw new DataFolderError(
    `The socket folder ${socketFolder} was not made by Rollcall, or was opened to others: ` +
      'remove it, or set ROLLCALL_DATA_DIR to a folder with a shorter path.',
  );
}
