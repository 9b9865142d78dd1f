import { execFile } from 'node:child_process';
import { constants, mkdir, open, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { type Account, spawnAs } from './account';
import { DataFolderError } from './data-folder-error';
import { failureOf } from './failure';

// What is done in a folder of the cluster's account. As root this must not lead out of it: the account can put links to
// other accounts' files in the place of its own at any time.

const run = promisify(execFile);
const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Makes a folder of mode 0700 for the account, or takes the one that is there. */
export async function makeAccountFolder(folder: string, account: Account | null): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch(unlessExists);
  if (!account) return;
  await withFolder(folder, async (handle) => {
    // Root's own is one whose maker was killed before this line. Of what is no folder there may be hard links: it stays root's.
    if ((await handle.stat()).uid === 0) await handle.chown(account.uid, account.gid);
  });
}

/** Lets every account pass through a folder that this process just made. */
export function letThrough(folder: string): Promise<void> {
  return withFolder(folder, async (handle) => {
    if ((await handle.stat()).uid === process.getuid?.()) await handle.chmod(0o711);
  });
}

/** The text of a file of the account. As root this is the account's own file, and nobody else's. */
export async function readAccountFile(file: string, account: Account | null): Promise<string> {
  // Not blocking: what it opens might be a pipe that nobody writes to.
  const handle = await open(file, account ? O_RDONLY | O_NOFOLLOW | O_NONBLOCK : O_RDONLY);
  try {
    const found = await handle.stat();
    if (account && !(found.isFile() && found.uid === account.uid))
      throw new DataFolderError(
        `${file} is not a file of the account "${account.name}", which PostgreSQL runs as: put the data back from a backup, with its owners.`,
      );
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** Removes files and folders of the account, as far as it can: as root by a process of the account. */
export async function removeAccountFiles(places: string[], account: Account | null): Promise<void> {
  if (places.length === 0) return;
  const removal = account
    ? [run('rm', ['-rf', '--', ...places], spawnAs(account))]
    : places.map((place) => rm(place, { recursive: true, force: true }));
  await Promise.allSettled(removal);
}

async function withFolder(folder: string, work: (handle: Awaited<ReturnType<typeof open>>) => Promise<void>) {
  const handle = await open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch((error: unknown) => {
    const { code } = failureOf(error);
    if (code !== 'ENOTDIR' && code !== 'ELOOP') throw error;
    throw new DataFolderError(`${folder} is not a folder: move it aside, or set ROLLCALL_DATA_DIR to another folder.`);
  });
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}

function unlessExists(error: unknown): void {
  if (failureOf(error).code !== 'EEXIST') throw error;
}
