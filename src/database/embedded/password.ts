import { randomBytes } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { type DataFolder, passwordFile, syncFolder } from './data-folder';
import { DataFolderError } from './data-folder-error';

/** 256 random bits in base64url. */
const FORMAT = /^[\w-]{43}\n$/;

/** The password of the cluster; made, when `clusterExists` is false and there is none. */
export async function clusterPassword(folder: DataFolder, clusterExists: boolean): Promise<string> {
  const file = passwordFile(folder);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null && !clusterExists) {
    await writeNew(file, `${randomBytes(32).toString('base64url')}\n`);
    return clusterPassword(folder, clusterExists);
  }
  if (text === null) throw wrongPassword(folder, 'is missing');
  if (!FORMAT.test(text)) throw wrongPassword(folder, 'is damaged');
  return text.trim();
}

/** The error for a password file that does not serve; `fault` ends "The password file X …". */
export function wrongPassword(folder: DataFolder, fault: string): DataFolderError {
  return new DataFolderError(
    `The password file ${passwordFile(folder)} ${fault}: put it back from a backup, ` +
      `or move it and ${folder.cluster} aside to begin with an empty database.`,
  );
}

/** Writes a file that did not exist, whole or not at all. When another start was faster, its file stays. */
async function writeNew(file: string, text: string): Promise<void> {
  const unfinished = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const handle = await open(unfinished, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(unfinished, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(unfinished, { force: true });
  }
  await syncFolder(path.dirname(file));
}
