import { lstat, mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { stageFile, type StagedFile } from '../durable-file';
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

/** Writes a new key beside the file. As root it belongs to whoever has the folder, so that their command line can read it. */
export async function stageAdminKeyFile(file: string, key: string): Promise<Pick<StagedFile, 'place' | 'discard'>> {
  const folder = path.dirname(file);
  const explained = (error: NodeJS.ErrnoException) => {
    throw new StartFailure(
      `The administrator key cannot be written to ${file} (${error.code}): let this account write there, or set ROLLCALL_ADMIN_KEY_FILE to another file.`,
    );
  };
  await mkdir(folder, { recursive: true }).catch(explained);
  await refuseOtherThanFile(file);
  const owner = process.getuid?.() === 0 ? await stat(folder) : undefined;
  const staged = await stageFile(file, `${key}\n`, owner).catch(explained);
  return { place: () => staged.place().catch(explained), discard: () => staged.discard() };
}

async function refuseOtherThanFile(file: string): Promise<void> {
  const found = await lstat(file).catch(() => null);
  if (found && !found.isFile() && !found.isSymbolicLink())
    throw new StartFailure(
      `${file} is no file: set ROLLCALL_ADMIN_KEY_FILE to the file that the key is to be written to.`,
    );
}
