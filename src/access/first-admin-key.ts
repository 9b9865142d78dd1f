import { v7 as uuidv7 } from 'uuid';
import type { EntityManager } from 'typeorm';
import { recordSuccess } from '../audit/audit';
import { readAdminKeyFile, stageAdminKeyFile } from './admin-key-file';
import { ApiKey, KeyEnd } from './api-key';
import { CredentialKind, formatCredential, hashSecret, makeCredential, type Credential } from './credential';
import { endKeys } from './end-keys';
import { lockAdminKeys } from './revoke-key';
import { Role } from './role';

const SERVER = 'rollcall';
const NAME = 'first administrator';

/** The key that was made; `text` is the secret, for a terminal alone. */
export interface MadeAdminKey {
  text: string;
  file: string;
}

/**
 * Makes the first ADMIN key when none was ever made, under the migration lock: writes the file, then commits, so that a crash
 * in between leaves a key that the next start takes. A good key that is in the file already is taken. Null when there was one.
 */
export async function makeFirstAdminKey(db: EntityManager, file: string): Promise<MadeAdminKey | null> {
  if (await db.existsBy(ApiKey, { role: Role.ADMIN })) return null;
  let credential = await readAdminKeyFile(file);
  if (!credential) {
    credential = makeCredential(CredentialKind.USER_KEY).credential;
    const staged = await stageAdminKeyFile(file, formatCredential(credential));
    await staged.place();
  }
  const key = credential;
  await db.transaction((tx) => insertAdminKey(tx, key, 'api_key.bootstrap'));
  return { text: formatCredential(key), file };
}

/**
 * Ends the key made at first start or by the last reset, and writes a new one to the file. The former file stays as it was
 * until the new key counts. A crash in between leaves an ended key in it, and running this again heals that.
 */
export async function resetAdminKey(db: EntityManager, file: string): Promise<MadeAdminKey> {
  const { credential, text } = makeCredential(CredentialKind.USER_KEY);
  const staged = await stageAdminKeyFile(file, text);
  try {
    await db.transaction(async (tx) => {
      await lockAdminKeys(tx);
      const ended = await endKeys(tx, { bootstrap: true }, KeyEnd.KEY_REVOKED);
      await insertAdminKey(tx, credential, 'api_key.reset', ended);
    });
  } catch (error) {
    await staged.discard();
    throw error;
  }
  await staged.place();
  return { text, file };
}

/** Whether the key of the first start or of the last reset, which has no end, is still good. */
export async function isAdminKeyInUse(db: EntityManager): Promise<boolean> {
  const rows = await db.query<unknown[]>(
    'SELECT FROM api_key WHERE bootstrap AND revoked_at IS NULL AND grace_until IS NULL LIMIT 1',
  );
  return rows.length > 0;
}

async function insertAdminKey(
  tx: EntityManager,
  credential: Credential,
  action: string,
  ended: string[] = [],
): Promise<void> {
  const id = uuidv7();
  await tx.insert(ApiKey, {
    id,
    publicId: credential.publicId,
    secretHash: hashSecret(credential.secret),
    name: NAME,
    role: Role.ADMIN,
    createdByName: SERVER,
    bootstrap: true,
  });
  await recordSuccess(tx, null, {
    action,
    actorName: SERVER,
    targetType: 'api_key',
    targetId: id,
    targetName: NAME,
    changes: [{ field: 'apiKey', before: ended.join(', ') || null, after: credential.publicId }],
  });
}
