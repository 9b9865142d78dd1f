import { constants } from 'node:fs';
import { lstat, mkdir, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { StartFailure } from '../start-failure';
import { CredentialKind, parseCredential, type Credential } from './credential';

const READABLE_BY_ALL = 0o007;

/** The key in the file; null when there is no file. Throws StartFailure when something else is in it, which is not overwritten. */
export async function readAdminKeyFile(file: string): Promise<Credential | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new StartFailure(
      `The administrator key file ${file} cannot be read (${error.code}): correct its mode or owner.`,
    );
  });
  if (text === null) return null;
  if ((await stat(file)).mode & READABLE_BY_ALL)
    throw new StartFailure(`Everybody can read the administrator key file ${file}: run "chmod 600 ${file}".`);
  const credential = parseCredential(text.trim());
  if (credential?.kind === CredentialKind.USER_KEY) return credential;
  throw new StartFailure(
    `The file ${file} holds no API key: remove it, or set ROLLCALL_ADMIN_KEY_FILE to another file.`,
  );
}

/** A key on the disk for good, mode 0600, but not in its place yet. */
export interface StagedKeyFile {
  place(): Promise<void>;
  discard(): Promise<void>;
}

/** Writes a new key beside the file. As root it belongs to whoever has the folder, so that their command line can read it. */
export async function stageAdminKeyFile(file: string, key: string): Promise<StagedKeyFile> {
  const folder = path.dirname(file);
  const staged = path.join(folder, `.${path.basename(file)}.new`);
  try {
    await mkdir(folder, { recursive: true });
    await refuseOtherThanFile(file);
    // What a former attempt has left is nobody's key, or was ended by this one.
    await rm(staged, { force: true });
    await writeDurably(staged, `${key}\n`, folder);
  } catch (error) {
    if (error instanceof StartFailure) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new StartFailure(
      `The administrator key cannot be written to ${file} (${code}): let this account write there, or set ROLLCALL_ADMIN_KEY_FILE to another file.`,
    );
  }
  return {
    async place() {
      await rename(staged, file).catch((error: NodeJS.ErrnoException) => {
        throw new StartFailure(
          `The new administrator key is in ${staged}, for it could not be moved to ${file} (${error.code}).`,
        );
      });
      await withHandle(folder, 'r', (handle) => handle.sync());
    },
    discard: () => rm(staged, { force: true }),
  };
}

async function refuseOtherThanFile(file: string): Promise<void> {
  const found = await lstat(file).catch(() => null);
  if (found && !found.isFile() && !found.isSymbolicLink())
    throw new StartFailure(
      `${file} is no file: set ROLLCALL_ADMIN_KEY_FILE to the file that the key is to be written to.`,
    );
}

async function writeDurably(file: string, text: string, folder: string): Promise<void> {
  const { uid, gid } = await stat(folder);
  // Made anew or not at all: in a folder of somebody else, root must not write through what stands there.
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  await withHandle(file, flags, async (handle) => {
    if (process.getuid?.() === 0) await handle.chown(uid, gid);
    await handle.writeFile(text);
    await handle.sync();
  });
}

async function withHandle(
  file: string,
  flags: string | number,
  work: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await open(file, flags, 0o600);
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}
