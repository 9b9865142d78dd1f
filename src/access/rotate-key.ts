import { v7 as uuidv7 } from 'uuid';
import type { EntityManager } from 'typeorm';
import { recordSuccess } from '../audit/audit';
import type { Context } from '../context';
import { Conflict, FailedPrecondition, Forbidden, InvalidInput, NotFound } from '../errors';
import { isUuid } from '../scalars/uuid';
import { ApiKey, ApiKeyStatus, KeyEnd } from './api-key';
import type { RotateApiKeyInput, RotateApiKeyPayload } from './api-key.input';
import { CredentialKind, formatCredential, hashSecret, makeCredential, secretMatches } from './credential';
import { endKeys } from './end-keys';
import { announce } from './key-announcement';
import { lockAdminKeys } from './revoke-key';
import { Role } from './role';

const LONGEST_GRACE_SECONDS = 30 * 24 * 3600;
/** How long a key that rotates itself waits for its successor to be used. */
const SELF_GRACE_SECONDS = 24 * 3600;

/**
 * Gives a key a successor. The former key works on for a while: for the grace that was asked for, or, when it rotates itself,
 * until the successor is first used. With the same rotationId the same may be asked again until then.
 */
export async function rotateApiKey(context: Context, input: RotateApiKeyInput): Promise<RotateApiKeyPayload> {
  const itself = authorizeRotation(context, input.id);
  if (input.grace > LONGEST_GRACE_SECONDS)
    throw new InvalidInput([{ path: 'input.grace', message: 'Give a time from 0s to 30d.' }]);
  if (!isUuid(input.id)) throw new NotFound('API key');
  const rotated = await context.db.transaction(async (tx) => {
    const former = await lockKey(tx, input.id);
    const successor = await tx.findOneBy(ApiKey, { rotatedFromId: former.id });
    // A key may be asked for by one that has ended a moment ago and is still believed elsewhere; an administrator repeats himself.
    if (former.status !== ApiKeyStatus.ACTIVE && (itself || !successor))
      throw new FailedPrecondition('The key has ended. Issue a new one.');
    const payload = successor
      ? await answerAgain(tx, successor, input.rotationId)
      : await makeSuccessor(tx, context, former, input, itself);
    await tellRotation(tx, context, former, payload.apiKey, successor !== null);
    return { apiKey: payload.apiKey, secret: payload.secret, former };
  });
  context.keyCache.evict([rotated.former.publicId, rotated.apiKey.publicId]);
  return { apiKey: rotated.apiKey, secret: rotated.secret };
}

/** Whether the key rotates itself. Throws Forbidden when a key would rotate another without being ADMIN. */
function authorizeRotation({ caller }: Context, id: string): boolean {
  const itself = caller!.keyId === id.toLowerCase();
  if (!itself && caller!.role !== Role.ADMIN)
    throw new Forbidden('A key may rotate itself; others need the role ADMIN.');
  return itself;
}

/** Locked before it is judged: of many that rotate it at once, one makes the successor and the others find it. */
async function lockKey(tx: EntityManager, id: string): Promise<ApiKey> {
  // The ADMIN keys are counted under this lock; agents, who may be many, do not wait for each other.
  if (await tx.existsBy(ApiKey, { id, role: Role.ADMIN })) await lockAdminKeys(tx);
  // Whoever enrols a node afresh holds it until the former keys have ended: a successor made meanwhile would outlive them.
  await tx.query(
    `SELECT FROM node WHERE id = (
       SELECT agent.runs_on_node_id FROM api_key AS key JOIN agent ON agent.id = key.agent_id WHERE key.id = $1
     ) FOR UPDATE`,
    [id],
  );
  await tx.query('SELECT FROM api_key WHERE id = $1 FOR UPDATE', [id]);
  const key = await tx.findOneBy(ApiKey, { id });
  if (!key) throw new NotFound('API key');
  return key;
}

/** The answer was lost: the same successor gets a new secret, unless it was used or has ended. */
async function answerAgain(
  tx: EntityManager,
  successor: ApiKey,
  rotationId: string | null | undefined,
): Promise<RotateApiKeyPayload> {
  const same = rotationId != null && secretMatches(rotationId, successor.rotationHash);
  if (!same || successor.firstUsedAt !== null || successor.status !== ApiKeyStatus.ACTIVE)
    throw new Conflict('The key was rotated already. Rotate its successor.');
  const { secret } = makeCredential(kindOf(successor)).credential;
  const [rows] = await tx.query<[unknown[], number]>(
    'UPDATE api_key SET secret_hash = $2 WHERE id = $1 AND first_used_at IS NULL RETURNING id',
    [successor.id, hashSecret(secret)],
  );
  if (rows.length === 0) throw new Conflict('The successor of the key is in use already. Rotate that.');
  await announce(tx, [successor.publicId]);
  const text = formatCredential({ kind: kindOf(successor), publicId: successor.publicId, secret });
  return { apiKey: await tx.findOneByOrFail(ApiKey, { id: successor.id }), secret: text };
}

async function makeSuccessor(
  tx: EntityManager,
  context: Context,
  former: ApiKey,
  { rotationId, grace }: RotateApiKeyInput,
  itself: boolean,
): Promise<RotateApiKeyPayload> {
  const { credential, text: secret } = makeCredential(kindOf(former));
  const id = uuidv7();
  await tx.insert(ApiKey, {
    id,
    publicId: credential.publicId,
    secretHash: hashSecret(credential.secret),
    name: former.name,
    role: former.role,
    agentId: former.agentId,
    createdByName: context.caller!.name,
    createdByKeyPublicId: context.caller!.publicId,
    rotatedFromId: former.id,
    rotationHash: rotationId == null ? null : hashSecret(rotationId),
    bootstrap: former.bootstrap,
    // Only an administrator's rotation clears the mark of theft: the thief may be who rotates.
    misusedAt: itself ? former.misusedAt : null,
    ...endOfSuccessor(context, former, itself),
  });
  if (itself) await giveGrace(tx, former, SELF_GRACE_SECONDS, true);
  else if (grace > 0) await giveGrace(tx, former, grace, false);
  else await endKeys(tx, { id: former.id }, KeyEnd.KEY_ROTATED);
  return { apiKey: await tx.findOneByOrFail(ApiKey, { id }), secret };
}

/** A key that rotates itself keeps its end; one that an administrator rotates gets a life as long as its former. Agents' are set. */
function endOfSuccessor({ config }: Context, former: ApiKey, itself: boolean): { expiresAt?: Date | (() => string) } {
  const seconds =
    former.role === Role.AGENT
      ? config.agentKeyTtlSeconds
      : former.expiresAt && (former.expiresAt.getTime() - former.createdAt.getTime()) / 1000;
  if (seconds === null) return {};
  if (itself && former.role !== Role.AGENT) return { expiresAt: former.expiresAt! };
  return { expiresAt: () => `clock_timestamp() + make_interval(secs => ${seconds})` };
}

async function giveGrace(tx: EntityManager, former: ApiKey, seconds: number, untilUse: boolean): Promise<void> {
  await tx.query(
    `UPDATE api_key SET grace_until = clock_timestamp() + make_interval(secs => $2), grace_until_use = $3 WHERE id = $1`,
    [former.id, seconds, untilUse],
  );
  await announce(tx, [former.publicId]);
}

function tellRotation(tx: EntityManager, context: Context, former: ApiKey, successor: ApiKey, again: boolean) {
  return recordSuccess(tx, context, {
    action: 'api_key.rotate',
    targetType: 'api_key',
    targetId: former.id,
    targetName: former.name,
    changes: [{ field: 'apiKey', before: former.publicId, after: successor.publicId }],
    ...(again && { reason: 'retry of a rotation whose answer was lost' }),
  });
}

function kindOf({ role }: ApiKey): CredentialKind {
  return role === Role.AGENT ? CredentialKind.AGENT_KEY : CredentialKind.USER_KEY;
}
