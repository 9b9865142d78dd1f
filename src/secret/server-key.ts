import path from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import type { EntityManager } from 'typeorm';
import type { Config } from '../config';
import { stageFile } from '../durable-file';
import { StartFailure } from '../start-failure';
import { isErrno } from '../system-error';
import { makeKeyText, type EncryptionKey } from './encryption-key';
import { readKeyFile } from './key-file';

const GIVEN = {
  name: 'encryption.key_file:',
  remedy:
    'set ROLLCALL_ENCRYPTION_KEY_FILE to the file of your key; a new one is made by "umask 077; openssl rand -base64 32 > FILE"',
};
const KEPT = {
  name: 'The encryption key',
  remedy: 'put it back from a backup, or move it aside to begin with a new one, and set the secrets of all agents anew',
};

/** The key of the setting; null when it is not set. Throws StartFailure. */
export async function givenKey({ encryption: { keyFile } }: Pick<Config, 'encryption'>): Promise<EncryptionKey | null> {
  if (keyFile === null) return null;
  const key = await readKeyFile(keyFile, GIVEN);
  if (key) return key;
  throw new StartFailure(`${GIVEN.name} There is no file ${keyFile}: ${GIVEN.remedy}.`);
}

/** The key of the data folder, made when there is none; of starts at once the first one's. It is never overwritten. Throws StartFailure. */
export async function keptKey(dataDir: string): Promise<EncryptionKey> {
  const file = path.join(dataDir, 'encryption.key');
  const key = await readKeyFile(file, KEPT);
  if (key) return key;
  await makeKeyFile(file);
  const made = await readKeyFile(file, KEPT);
  if (made) return made;
  throw new StartFailure(`${KEPT.name} ${file} cannot be used (it is a link that leads nowhere): ${KEPT.remedy}.`);
}

/** Makes the file unless there is one by now: then that one stays. */
async function makeKeyFile(file: string): Promise<void> {
  try {
    const staged = await stageFile(file, `${makeKeyText()}\n`);
    await staged.placeIfAbsent();
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw new StartFailure(
      `${KEPT.name} cannot be written to ${file} (${error.code}): let this account write there, or set ROLLCALL_ENCRYPTION_KEY_FILE to the file of a key.`,
    );
  }
}

/**
 * The key of this server: the given one, else with the embedded database that of the data folder; null when there is neither. Warns of secrets that
 * it does not open: a key that was lost is not made anew in silence.
 */
export async function serverKey(
  db: EntityManager,
  { database, dataDir }: Pick<Config, 'database' | 'dataDir'>,
  given: EncryptionKey | null,
  log: Pick<FastifyBaseLogger, 'warn'>,
): Promise<EncryptionKey | null> {
  const key = given ?? (database.url === null ? await keptKey(dataDir) : null);
  const lost = await db.query<{ keyId: string; secrets: number }[]>(
    `SELECT key_id AS "keyId", count(*)::integer AS secrets FROM agent_secret
     WHERE key_id IS DISTINCT FROM $1 GROUP BY key_id ORDER BY key_id`,
    [key?.id ?? null],
  );
  for (const { keyId, secrets } of lost)
    log.warn(
      { keyId, secrets, ownKeyId: key?.id ?? null },
      'secrets of agents cannot be opened: they were encrypted with another key than that of this server. Put that key back, or set them anew',
    );
  return key;
}
