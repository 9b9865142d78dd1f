import { randomBytes } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import path from 'node:path';

/** Ends the names of unfinished files, so that what a killed writer left can be told from the rest. */
export const UNFINISHED = '.unfinished';

/** Who owns the new file; without it, whoever writes. */
export interface Owner {
  uid: number;
  gid: number;
}

/**
 * Puts `text` in place of the file as a whole: a reader, or a crash at any moment, sees the former content or the new one.
 * Mode 0600 from the first byte on. Throws what the file system throws; then nothing has changed.
 */
export async function writeAtomically(file: string, text: string, owner?: Owner): Promise<void> {
  const folder = path.dirname(file);
  const unfinished = path.join(folder, `.${path.basename(file)}.${randomBytes(6).toString('hex')}${UNFINISHED}`);
  try {
    await writeDurably(unfinished, text, owner);
    await rename(unfinished, file);
  } catch (error) {
    await unlink(unfinished).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
}

async function writeDurably(file: string, text: string, owner: Owner | undefined): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    if (owner) await handle.chown(owner.uid, owner.gid);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Without this a power cut can undo the rename although the file itself was synced. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
