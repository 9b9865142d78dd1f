import { v7 as uuidv7 } from 'uuid';
import type { EntityManager } from 'typeorm';
import { recordSuccess } from '../audit/audit';
import { countingRefusals } from '../audit/counted-refusal';
import type { Context } from '../context';
import { formatDuration } from '../duration';
import { Conflict, FailedPrecondition, Forbidden, InvalidInput, NotFound } from '../errors';
import { isUuid } from '../scalars/uuid';
import { ApiKey, ApiKeyStatus, KeyEnd } from './api-key';
import type { RotateApiKeyInput, RotateApiKeyPayload } from './api-key.input';
import { CredentialKind, formatCredential, hashSecret, makeCredential, secretMatches } from './credential';
import { endKeys } from './end-keys';
import { announce } from './key-announcement';
import { lockAdminKeys } from './revoke-key';
import { Role } from './role';
import { endWaitingKey, lockWithWaitingKey, type WaitingKey } from './waiting-key';

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
  const attempt = { action: 'api_key.rotate', target: { type: 'api_key', id: input.id } };
  const rotated = await countingRefusals(context, attempt, () =>
    context.db.transaction((tx) => rotate(tx, context, input, itself)),
  );
  context.keyCache.evict(rotated.changed);
  return { apiKey: rotated.apiKey, secret: rotated.secret };
}

async function rotate(
  tx: EntityManager,
  context: Context,
  input: RotateApiKeyInput,
  itself: boolean,
): Promise<RotateApiKeyPayload & { changed: string[] }> {
  const { former, waiting } = await lockKey(tx, input.id);
  const successor = await tx.findOneBy(ApiKey, { rotatedFromId: former.id });
  // A key may be asked for by one that has ended a moment ago and is still believed elsewhere; an administrator repeats himself.
  if (former.status !== ApiKeyStatus.ACTIVE && (itself || !successor))
    throw new FailedPrecondition('The key has ended. Issue a new one.');
  const payload = successor
    ? await answerAgain(tx, successor, input.rotationId)
    : await makeSuccessor(tx, context, former, input, itself);
  await tellRotation(tx, context, input, former, payload.apiKey, successor !== null);
  // An administrator takes a key out of use that nobody has used yet: the one before it would wait for that in vain.
  const ended = waiting ? await endWaitingKey(tx, context, waiting, 'its successor was rotated') : [];
  return {
    apiKey: payload.apiKey,
    secret: payload.secret,
    changed: [former.publicId, payload.apiKey.publicId, ...ended],
  };
}

/** Whether the key rotates itself. Throws Forbidden when a key would rotate another without being ADMIN. */
function authorizeRotation({ caller }: Context, id: string): boolean {
  const itself = caller!.keyId === id.toLowerCase();
  if (!itself && caller!.role !== Role.ADMIN)
    throw new Forbidden('A key may rotate itself; others need the role ADMIN.');
  return itself;
}

/** Locked before it is judged: of many that rotate it at once, one makes the successor and the others find it. */
async function lockKey(tx: EntityManager, id: string): Promise<{ former: ApiKey; waiting: WaitingKey | null }> {
  // The ADMIN keys are counted under this lock; agents, who may be many, do not wait for each other.
  if (await tx.existsBy(ApiKey, { id, role: Role.ADMIN })) await lockAdminKeys(tx);
  // Whoever enrols a node afresh holds it until the former keys have ended: a successor made meanwhile would outlive them.
  await tx.query(
    `SELECT FROM node WHERE id = (
       SELECT agent.runs_on_node_id FROM api_key AS key JOIN agent ON agent.id = key.agent_id WHERE key.id = $1
     ) FOR UPDATE`,
    [id],
  );
  const waiting = await lockWithWaitingKey(tx, id);
  const key = await tx.findOneBy(ApiKey, { id });
  if (!key) throw new NotFound('API key');
  return { former: key, waiting };
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

/**
 * A key that rotates itself keeps its end; one that an administrator rotates gets a life as long as its former, if the settings still
 * allow that. Agents' are set.
 */
function endOfSuccessor({ config }: Context, former: ApiKey, itself: boolean): { expiresAt?: Date | (() => string) } {
  if (itself && former.role !== Role.AGENT) return former.expiresAt ? { expiresAt: former.expiresAt } : {};
  const seconds = former.role === Role.AGENT ? config.agentKeyTtlSeconds : allowedLife(config.apiKey, former);
  if (seconds === null) return {};
  return { expiresAt: () => `clock_timestamp() + make_interval(secs => ${seconds})` };
}

/** In seconds; null: without an end. */
function allowedLife(limits: Context['config']['apiKey'], { createdAt, expiresAt }: ApiKey): number | null {
  if (expiresAt === null) return limits.neverExpires ? null : limits.maximumTtlSeconds;
  return Math.min((expiresAt.getTime() - createdAt.getTime()) / 1000, limits.maximumTtlSeconds);
}

async function giveGrace(tx: EntityManager, former: ApiKey, seconds: number, untilUse: boolean): Promise<void> {
  await tx.query(
    `UPDATE api_key SET grace_until = clock_timestamp() + make_interval(secs => $2), grace_until_use = $3 WHERE id = $1`,
    [former.id, seconds, untilUse],
  );
  await announce(tx, [former.publicId]);
}

function tellRotation(
  tx: EntityManager,
  context: Context,
  { grace }: RotateApiKeyInput,
  former: ApiKey,
  successor: ApiKey,
  again: boolean,
) {
  return recordSuccess(tx, context, {
    action: 'api_key.rotate',
    targetType: 'api_key',
    targetId: former.id,
    targetName: former.name,
    changes: [
      { field: 'apiKey', before: former.publicId, after: successor.publicId },
      { field: 'expiresAt', before: toldEnd(former), after: toldEnd(successor) },
      ...(grace > 0 ? [{ field: 'grace', before: null, after: formatDuration(grace) }] : []),
    ],
    ...(again && { reason: 'retry of a rotation whose answer was lost' }),
  });
}

function toldEnd({ expiresAt }: ApiKey): string {
  return expiresAt?.toISOString() ?? 'never';
}

function kindOf({ role }: ApiKey): CredentialKind {
  return role === Role.AGENT ? CredentialKind.AGENT_KEY : CredentialKind.USER_KEY;
}
