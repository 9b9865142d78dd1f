import { v7 as uuidv7 } from 'uuid';
import type { EntityManager } from 'typeorm';
import { Actor } from '../access/actor';
import { HostAgent } from '../agent/host-agent';
import { EnrolmentMethod } from '../agent/agent-type';
import { recordSuccesses } from '../audit/audit';
import { changesOf } from '../audit/changes';
import { countingRefusals } from '../audit/counted-refusal';
import type { Context } from '../context';
import { enrol, type Enrolled } from '../enrolment/enrolment';
import { ENROLLED_AFRESH, registrationEntry } from '../enrolment/registration-entry';
import { enrolmentTarget } from '../enrolment/target';
import { Conflict, InvalidInput, NotFound } from '../errors';
import { changeInventory, type InventoryTransaction } from '../inventory/change-inventory';
import { labelMap } from '../label/label';
import { placementFaults } from '../node/placement';
import { isUuid } from '../scalars/uuid';
import { checkPairing, pairingFaults } from './check-pairing';
import type { ApproveRegistrationInput, ApproveRegistrationPayload } from './decide-registration.input';
import { changedRequests, decide, loadRequest } from './decide-request';
import {
  olderSql,
  RegistrationRequestState,
  sameName,
  type RegistrationGrant,
  type RegistrationRequest,
} from './registration-request';

const ACTION = 'registration_request.approve';

/**
 * Lets in the agent that asks, by the same use case as a token does: the key that it made is good from now on. Throws FailedPrecondition unless the request
 * waits and the pairing ID is its own, CONFLICT where the name is another's and it may not be replaced.
 */
export async function approveRegistration(
  context: Context,
  input: ApproveRegistrationInput,
): Promise<ApproveRegistrationPayload> {
  const { requestId } = input;
  const faults = [...pairingFaults(input.pairingId), ...placementFaults(input, 'input')];
  if (faults.length > 0) throw new InvalidInput(faults);
  if (!isUuid(requestId)) throw new NotFound('registration request', 'input.requestId');
  const syncIntervalSeconds = await context.syncInterval.next(context.db);
  const attempt = { action: ACTION, target: { type: 'registration_request', id: requestId } };
  const { payload, endedKeys } = await countingRefusals(context, attempt, () =>
    changeInventory(context, (transaction) => approve(transaction, context, input, syncIntervalSeconds)).catch(
      inTheApproversWords,
    ),
  );
  context.keyCache.evict(endedKeys);
  return payload;
}

async function approve(
  { tx, changed }: InventoryTransaction,
  context: Context,
  input: ApproveRegistrationInput,
  syncIntervalSeconds: number,
): Promise<{ payload: ApproveRegistrationPayload; endedKeys: string[] }> {
  const request = await loadRequest(tx, input.requestId);
  checkPairing(request, input.pairingId);
  // The node before the request, as whoever removes it has them.
  const nodeId = await lockNode(tx, request.nodeName);
  const target = await enrolmentTarget(tx, nodeId);
  const granted = grantOf(input);
  const { agentId } = target;
  await decide(tx, context.caller!, request.id, { decision: RegistrationRequestState.APPROVED, granted, agentId });
  if (!input.replace) await refuseConflict(tx, request, nodeId);
  const enrolled = await enrol(tx, {
    target,
    facts: request.asked,
    grant: {
      method: EnrolmentMethod.APPROVAL,
      region: granted.region,
      environment: granted.environment,
      tags: granted.tags,
      labels: labelMap(granted.labels),
      grantedBy: Actor.of(context.caller!.name, context.caller!.publicId),
    },
    key: {
      id: uuidv7(),
      publicId: request.keyPublicId,
      secretHash: request.keySecretHash,
      ttlSeconds: context.config.agentKeyTtlSeconds,
    },
    remoteAddress: request.remoteAddress,
    syncIntervalSeconds,
  });
  await tell(tx, context, request, granted, enrolled, target.nodeExists ? ENROLLED_AFRESH : undefined);
  [...enrolled.inventory, ...(await changedRequests(tx, request))].forEach(changed);
  const payload = {
    request: await loadRequest(tx, request.id),
    agent: await tx.findOneByOrFail(HostAgent, { id: agentId }),
  };
  return { payload, endedKeys: enrolled.endedKeys };
}

async function lockNode(tx: EntityManager, name: string): Promise<string | null> {
  const [node] = await tx.query<{ id: string }[]>(`SELECT id FROM node WHERE ${sameName('name', '$1')} FOR UPDATE`, [
    name,
  ]);
  return node?.id ?? null;
}

/** Throws Conflict where the name is a node's, or an older request waits for it. */
async function refuseConflict(tx: EntityManager, request: RegistrationRequest, nodeId: string | null): Promise<void> {
  if (nodeId !== null)
    throw new Conflict(
      'The name belongs to a node on the roll: approve with replace to give its place to this agent, which ends the former key, or reject the request.',
    );
  const older = await tx.query<unknown[]>(
    `SELECT FROM registration_request AS request WHERE id = $1 AND EXISTS (SELECT ${olderSql('request')})`,
    [request.id],
  );
  if (older.length > 0)
    throw new Conflict(
      'An older request asks for the same name: decide on that first, or approve this one with replace.',
    );
}

function grantOf({ replace, region, environment, tags, labels }: ApproveRegistrationInput): RegistrationGrant {
  return {
    replace,
    region: region ?? null,
    environment: environment ?? null,
    tags: [...new Set(tags)],
    labels: (labels ?? []).map(({ name, value }) => ({ name, value })),
  };
}

const TOLD_OF_GRANT = {
  replace: 'replace',
  region: 'region',
  environment: 'environment',
  tags: 'tags',
  labels: 'labels',
};

/** A row for the decision, and one for the agent that it let in, as a token's registration has it. */
function tell(
  tx: EntityManager,
  context: Context,
  request: RegistrationRequest,
  granted: RegistrationGrant,
  enrolled: Enrolled,
  reason?: string,
): Promise<void> {
  const state = { field: 'state', before: request.state, after: RegistrationRequestState.APPROVED };
  return recordSuccesses(tx, context, [
    {
      action: ACTION,
      targetType: 'registration_request',
      targetId: request.id,
      targetName: request.nodeName,
      changes: [state, ...changesOf({}, granted, TOLD_OF_GRANT)],
    },
    registrationEntry(request.nodeName, request.keyPublicId, enrolled, reason),
  ]);
}

/** Faults of what the agent once sent are no fields of what the approver has sent; only what both give together is. */
function inTheApproversWords(error: unknown): never {
  if (error instanceof InvalidInput) {
    const fields = error.fields.map(({ path, message }) => ({ path: path.replace('input.node.', 'input.'), message }));
    throw new InvalidInput(fields);
  }
  if (error instanceof Conflict) throw new Conflict(error.message);
  throw error;
}
