import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { EntityManager } from 'typeorm';
import { credentialFingerprint } from '../access/credential';
import { recordSuccess } from '../audit/audit';
import type { Config } from '../config';
import type { Context } from '../context';
import { DomainError, RateLimited } from '../errors';
import type { InventoryTransaction } from '../inventory/change-inventory';
import { ChangeKind, REGISTRATION_REQUEST } from '../inventory/inventory-change';
import { limitKey } from '../rate-limit/address';
import { isUnlockedSql } from './client-registry';
import { isOverSql } from './find-request';
import { isPendingSql } from './registration-request';
import type { RequestRegistrationInput } from './request-registration.input';

type Registry = Config['clientRegistry'];

/** An administrator may unlock it for a few seconds alone: an agent that waits must not miss them. */
const LOCKED_SECONDS = 3;
/** An administrator decides by hand: room is made at any moment, and hardly at once. */
const FULL_SECONDS = 15;

function locked(): DomainError {
  return new DomainError(
    'REGISTRY_LOCKED',
    'The client registry is locked: an administrator has to unlock it before a new agent can ask to be registered.',
    { retryAfterSeconds: LOCKED_SECONDS },
  );
}

/** Throws REGISTRY_LOCKED unless agents may ask now, by the database's clock. */
export async function checkUnlocked(db: EntityManager, { permanentlyOpen }: Registry): Promise<void> {
  if (permanentlyOpen) return;
  const [registry] = await db.query<{ unlocked: boolean }[]>(
    `SELECT ${isUnlockedSql('registry')} AS unlocked FROM client_registry AS registry`,
  );
  if (!registry!.unlocked) throw locked();
}

/** Whether there is a key of this public id, whoever has it. */
export async function isTaken(db: EntityManager, keyPublicId: string): Promise<boolean> {
  const rows = await db.query<unknown[]>('SELECT FROM api_key WHERE public_id = $1', [keyPublicId]);
  return rows.length > 0;
}

/**
 * Stores a request, unless one of the same key stands by now. One after the other, whichever server they come to: the bounds are counted, and
 * whether the registry is open is judged, while its row is held. Throws REGISTRY_LOCKED or RATE_LIMITED.
 */
export async function storeRequest(
  { tx, changed }: InventoryTransaction,
  context: Context,
  input: RequestRegistrationInput,
): Promise<void> {
  const registry = context.config.clientRegistry;
  await tx.query('SELECT FROM client_registry FOR UPDATE');
  if (await stands(tx, registry, input.keyPublicId)) return;
  await checkRoom(tx, context);
  await removeOver(tx, registry);
  const id = uuidv7();
  await insertRequest(tx, context, id, input);
  await recordSuccess(tx, context, {
    action: 'registration_request.make',
    actorName: `agent key ${input.keyPublicId}`,
    targetType: 'registration_request',
    targetId: id,
    targetName: input.node.name,
    changes: [
      {
        field: 'keyFingerprint',
        before: null,
        after: credentialFingerprint(input.keyPublicId, Buffer.from(input.keySecretHash, 'hex')),
      },
    ],
  });
  changed({ object: REGISTRATION_REQUEST, id, kind: ChangeKind.ADDED });
}

async function stands(tx: EntityManager, registry: Registry, keyPublicId: string): Promise<boolean> {
  const rows = await tx.query<unknown[]>(
    `SELECT FROM registration_request AS request WHERE key_public_id = $1 AND NOT ${isOverSql('request', registry)}`,
    [keyPublicId],
  );
  return rows.length > 0;
}

/** Throws RATE_LIMITED when too many wait, in all or from one address. */
export async function checkRoom(db: EntityManager, { config, remoteAddress }: Context): Promise<void> {
  const { pendingPerAddress, pendingRequests } = config.clientRegistry;
  const [waiting] = await db.query<{ all: number; own: number }[]>(
    `SELECT count(*)::int AS all, count(*) FILTER (WHERE remote_network = $1)::int AS own
     FROM registration_request AS request WHERE ${isPendingSql('request')}`,
    [limitKey(remoteAddress)],
  );
  const { all, own } = waiting!;
  if (own >= pendingPerAddress || all >= pendingRequests)
    throw new RateLimited(FULL_SECONDS, 'Too many requests wait for an administrator already.', 'REGISTRY_FULL');
}

/**
 * Of those that have nothing more to say, the oldest go where there are as many as may wait. One that somebody holds stays until the next time. They
 * are counted before any is locked: PostgreSQL would lock, and so write, all that OFFSET passes over, for each request that is stored.
 */
async function removeOver(tx: EntityManager, registry: Registry): Promise<void> {
  await tx.query(
    `DELETE FROM registration_request WHERE id IN (
       SELECT id FROM registration_request WHERE id IN (
         SELECT id FROM registration_request AS request
         WHERE request.decision IS DISTINCT FROM 'APPROVED' AND ${isOverSql('request', registry)}
         ORDER BY expires_at DESC OFFSET $1)
       FOR UPDATE SKIP LOCKED)`,
    [registry.pendingRequests - 1],
  );
}

async function insertRequest(
  tx: EntityManager,
  { config, remoteAddress }: Context,
  id: string,
  { keyPublicId, keySecretHash, ...asked }: RequestRegistrationInput,
): Promise<void> {
  const { permanentlyOpen, requestTtlSeconds } = config.clientRegistry;
  const rows = await tx.query<unknown[]>(
    `INSERT INTO registration_request (id, key_public_id, key_secret_hash, nonce, node_name, asked, remote_address, remote_network, expires_at)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp() + make_interval(secs => $9)
     FROM client_registry AS registry WHERE $10 OR ${isUnlockedSql('registry')} RETURNING id`,
    [
      id,
      keyPublicId,
      Buffer.from(keySecretHash, 'hex'),
      // Drawn after the key is known: nobody can make a key for it.
      randomBytes(32),
      asked.node.name,
      JSON.stringify(asked),
      remoteAddress,
      limitKey(remoteAddress),
      requestTtlSeconds,
      permanentlyOpen,
    ],
  );
  if (rows.length === 0) throw locked();
}
