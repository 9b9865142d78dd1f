import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { StartFailure } from '../start-failure';
import { isErrno } from '../system-error';
import { parseKey, type EncryptionKey } from './encryption-key';

const FOR_OTHERS = 0o077;
/** More than any text of a key has. */
const MOST_BYTES = 1_000;

/** How a file that does not serve is told. */
export interface KeyFileWords {
  /** What stands before the path. */
  name: string;
  /** What to do, but for a wrong mode. */
  remedy: string;
}

/** The key in the file; null when there is no file. Throws StartFailure, which repeats nothing of what is in it. */
export async function readKeyFile(file: string, { name, remedy }: KeyFileWords): Promise<EncryptionKey | null> {
  const unusable = (reason: string, instead = remedy) =>
    new StartFailure(`${name} ${file} cannot be used (${reason}): ${instead}.`);
  let handle: FileHandle;
  try {
    // Not blocking: it might be a pipe that nobody writes to.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error) && error.code === 'ENOENT') return null;
    throw unusable(`it cannot be read: ${isErrno(error) ? error.code : String(error)}`);
  }
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw unusable('it is no file');
    if (found.mode & FOR_OTHERS) throw unusable('others than its owner may use it', `run "chmod 600 ${file}"`);
    const key = found.size > MOST_BYTES ? null : parseKey((await handle.readFile('utf8')).trim());
    if (!key) throw unusable('it does not hold 32 bytes in base64 or hexadecimal digits');
    return key;
  } finally {
    await handle.close();
  }
}
