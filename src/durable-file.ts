import { randomBytes } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** Ends the names of unfinished files, so that what a killed writer left can be told from the rest. */
export const UNFINISHED = '.unfinished';

/** Who owns a new file; without it, whoever writes. */
export interface Owner {
  uid: number;
  gid: number;
}

/** A file's new content, whole and on the disk beside it, until one of these is called. */
export interface StagedFile {
  /** Takes the place of the file, for good: a reader, or a crash at any moment, sees the former content or the new one. */
  place(): Promise<void>;
  /** Becomes the file unless there is one: then that one stays. */
  placeIfAbsent(): Promise<void>;
  discard(): Promise<void>;
}

/** Writes beside the file what is to take its place. Mode 0600 from the first byte on. Throws what the file system throws. */
export async function stageFile(file: string, text: string, owner?: Owner): Promise<StagedFile> {
  const folder = path.dirname(file);
  const staged = path.join(folder, `.${path.basename(file)}.${randomBytes(6).toString('hex')}${UNFINISHED}`);
  const discard = () => rm(staged, { force: true });
  const settle = async (placing: () => Promise<void>) => {
    try {
      await placing();
    } finally {
      await discard();
    }
    await syncFolder(folder);
  };
  try {
    await writeDurably(staged, text, owner);
  } catch (error) {
    await discard();
    throw error;
  }
  return {
    place: () => settle(() => rename(staged, file)),
    placeIfAbsent: () => settle(() => link(staged, file).catch(unlessExists)),
    discard,
  };
}

/** Puts the text in place of the file as a whole (see StagedFile.place). When it throws, nothing has changed. */
export async function writeWhole(file: string, text: string, owner?: Owner): Promise<void> {
  const staged = await stageFile(file, text, owner);
  await staged.place();
}

/** Makes new and renamed entries of a folder survive a power cut, which can undo a rename although the file itself was synced. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
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

function unlessExists(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
