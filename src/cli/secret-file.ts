import { open, rm } from 'node:fs/promises';
import { writeWhole } from '../durable-file';
import { ExitCode } from '../exit-code';
import { isErrno } from '../system-error';
import { CommandFailure, usageFailure } from './failure';

/** A new file that waits for a secret. */
export interface SecretFile {
  /** Stores the secret for good; when that fails, tells by its public id which key is without a holder. */
  keep(secret: string, publicId: string): Promise<void>;
  /** Removes the file, which holds nothing yet. */
  giveUp(): Promise<void>;
}

/**
 * Makes the file, mode 0600, before there is a secret to lose: a place that cannot be written to costs no key. A file that is
 * there already is never overwritten.
 */
export async function reserveSecretFile(file: string): Promise<SecretFile> {
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.close();
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw usageFailure(
      error.code === 'EEXIST'
        ? `${file} is there already and is not overwritten: name a new file.`
        : `${file} cannot be made (${error.code}): name a file in a folder that you can write to.`,
    );
  }
  return {
    async keep(secret, publicId) {
      try {
        await writeWhole(file, `${secret}\n`);
      } catch (error) {
        if (!isErrno(error)) throw error;
        const message = `The key ${publicId} was made, but ${file} cannot be written (${error.code}), and nobody has its secret now.`;
        const hint = `Make room, then run: rollcall key rotate ${publicId}`;
        throw new CommandFailure(ExitCode.FAILURE, 'SECRET_LOST', message, { hint });
      }
    },
    giveUp: () => rm(file, { force: true }),
  };
}
