import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { StartFailure } from '../start-failure';
import { CredentialKind, parseCredential, type Credential } from './credential';

/** The key in the file; null when there is no file. Throws StartFailure when something else is in it, which is not overwritten. */
export async function readAdminKeyFile(file: string): Promise<Credential | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new StartFailure(
      `The administrator key file ${file} cannot be read (${error.code}): correct its mode or owner.`,
    );
  });
  if (text === null) return null;
  const credential = parseCredential(text.trim());
  if (credential?.kind === CredentialKind.USER_KEY) return credential;
  throw new StartFailure(
    `The file ${file} holds no API key: remove it, or set ROLLCALL_ADMIN_KEY_FILE to another file.`,
  );
}

/** Writes a new key beside the file, on the disk for good, mode 0600; the function that it gives puts it in its place. */
export async function stageAdminKeyFile(file: string, key: string): Promise<() => Promise<void>> {
  const folder = path.dirname(file);
  await mkdir(folder, { recursive: true });
  const staged = path.join(folder, `.${path.basename(file)}.${randomUUID()}`);
  await writeDurably(staged, `${key}\n`);
  return async () => {
    await rename(staged, file);
    await syncFolder(folder);
  };
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await chmod(file, 0o600);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
