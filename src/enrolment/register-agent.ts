import { v7 as uuidv7 } from 'uuid';
import type { EntityManager } from 'typeorm';
import { Actor } from '../access/actor';
import { CredentialKind, hashSecret, makeCredential } from '../access/credential';
import { EnrolmentMethod } from '../agent/agent-type';
import { recordRefusal, recordSuccess } from '../audit/audit';
import type { Context } from '../context';
import { transact } from '../database/transaction';
import { DomainError, InvalidInput } from '../errors';
import { changeInventory } from '../inventory/change-inventory';
import {
  checkApplicable,
  claimUse,
  lockReplaced,
  NotClaimed,
  recordClaim,
  registrationHash,
  rememberService,
} from './claim';
import { enrol, type Enrolled, type EnrolledKey } from './enrolment';
import { factFaults } from './facts';
import { enrolmentTarget } from './target';
import { admit, type PresentedToken } from './presented-token';
import type { RegisterAgentInput, RegisterAgentPayload } from './register-agent.input';
import { ENROLLED_AFRESH, registrationEntry } from './registration-entry';
import { retryRegistration } from './retry';

/** What one registration is made of, from the moment that its token is known to be right. */
interface Registration {
  token: PresentedToken;
  input: RegisterAgentInput;
  key: EnrolledKey;
  syncIntervalSeconds: number;
}

/** Enrols an agent with a registration token. Its key is in this answer alone: only its hash is stored. */
export async function registerAgent(context: Context, input: RegisterAgentInput): Promise<RegisterAgentPayload> {
  const faults = factFaults(input);
  const token = await admit(context, input.token, faults.length > 0 ? new InvalidInput(faults) : null);
  const syncIntervalSeconds = await context.syncInterval.next(context.db);
  const { credential, text: secret } = makeCredential(CredentialKind.AGENT_KEY);
  const key = {
    id: uuidv7(),
    publicId: credential.publicId,
    secretHash: hashSecret(credential.secret),
    ttlSeconds: context.config.agentKeyTtlSeconds,
  };
  const registration = { token, input, key, syncIntervalSeconds };
  const enrolled = await context.limits
    .withToken(token.id, () => register(context, registration))
    .catch(async (error: unknown) => {
      throw error instanceof DomainError ? await refused(context, token, error) : error;
    });
  context.keyCache.evict(enrolled.endedKeys);
  const { agentId, nodeId, serviceId } = enrolled;
  return { agentId, nodeId, serviceId, secret, syncIntervalSeconds };
}

/** The claim is tried first; when there is no use to take, it may be a retry. */
async function register(context: Context, registration: Registration): Promise<Enrolled> {
  try {
    return await changeInventory(context, async ({ tx, changed }) => {
      const enrolled = await enrolWithToken(tx, context, registration);
      enrolled.inventory.forEach(changed);
      return enrolled;
    });
  } catch (error) {
    if (!(error instanceof NotClaimed)) throw error;
    return transact(context.db, (tx) => retry(tx, context, registration));
  }
}

async function enrolWithToken(tx: EntityManager, context: Context, registration: Registration): Promise<Enrolled> {
  const { token, input, key, syncIntervalSeconds } = registration;
  await lockReplaced(tx, token.replacesNodeId);
  const claimed = await claimUse(tx, token.id);
  const target = await enrolmentTarget(tx, claimed.replaces_node_id);
  const claimId = await recordClaim(tx, {
    tokenId: token.id,
    registrationHash: registrationHash(input.registrationId),
    nodeName: input.node.name,
    agentId: target.agentId,
    apiKeyId: key.id,
  });
  await checkApplicable(tx, claimed, input.node.name);
  const enrolled = await enrol(tx, {
    target,
    facts: input,
    grant: { ...claimed, method: EnrolmentMethod.TOKEN, grantedBy: Actor.of(actorName(token), null) },
    key,
    remoteAddress: context.remoteAddress,
    syncIntervalSeconds,
  });
  if (enrolled.serviceId !== null) await rememberService(tx, claimId, enrolled.serviceId);
  await tellSuccess(tx, context, registration, enrolled, target.nodeExists ? ENROLLED_AFRESH : undefined);
  return enrolled;
}

async function retry(tx: EntityManager, context: Context, registration: Registration): Promise<Enrolled> {
  const { token, input, key } = registration;
  const enrolled = await retryRegistration(tx, {
    tokenId: token.id,
    registrationHash: registrationHash(input.registrationId),
    nodeName: input.node.name,
    grantedBy: Actor.of(actorName(token), null),
    key,
  });
  await tellSuccess(tx, context, registration, enrolled, 'retry of a registration whose answer was lost');
  return enrolled;
}

function tellSuccess(
  tx: EntityManager,
  context: Context,
  { token, input, key }: Registration,
  enrolled: Enrolled,
  reason?: string,
): Promise<void> {
  const entry = registrationEntry(input.node.name, key.publicId, enrolled, reason);
  return recordSuccess(tx, context, { ...entry, actorName: actorName(token) });
}

/** What to tell: the refusal, which leaves a row of its own, or that there were too many. It stands whether or not it can be written down. */
async function refused(context: Context, token: PresentedToken, refusal: DomainError): Promise<DomainError> {
  const told = await context.limits.failedToken(context, token.id, refusal);
  if (told !== refusal) return told;
  const entry = {
    action: 'agent.register',
    actorName: actorName(token),
    targetType: 'registration_token',
    targetId: token.id,
    targetName: token.publicId,
    reason: refusal.code,
  };
  await recordRefusal(context.db, context, entry).catch((error: unknown) =>
    context.log.error({ err: error, action: entry.action }, 'a refusal could not be written to the audit trail'),
  );
  return refusal;
}

function actorName(token: PresentedToken): string {
  return `registration token ${token.publicId}`;
}
