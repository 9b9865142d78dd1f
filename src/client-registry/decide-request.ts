import type { EntityManager } from 'typeorm';
import type { Caller } from '../access/actor';
import { FailedPrecondition, NotFound } from '../errors';
import { ChangeKind, REGISTRATION_REQUEST, type InventoryChange } from '../inventory/inventory-change';
import {
  isPendingSql,
  type RegistrationRequestState,
  sameName,
  RegistrationRequest,
  type RegistrationGrant,
} from './registration-request';

/** What an administrator decides. */
export type Decision =
  | { decision: RegistrationRequestState.APPROVED; granted: RegistrationGrant; agentId: string }
  | { decision: RegistrationRequestState.REJECTED; reason: string | null };

/** What is wrong with a decision on a request that waits no more. */
const DECIDED: Partial<Record<RegistrationRequestState, string>> = {
  APPROVED: 'This request was approved already.',
  REJECTED: 'This request was rejected already: the agent has to ask anew.',
  EXPIRED: 'This request has expired: the agent has to ask anew.',
};

/** The request as it is now. Throws NotFound. */
export async function loadRequest(tx: EntityManager, id: string): Promise<RegistrationRequest> {
  const request = await tx.findOneBy(RegistrationRequest, { id });
  if (!request) throw new NotFound('registration request', 'input.requestId');
  return request;
}

/** Decides on a request that waits, by one guarded statement: of many who decide at once, one does. Throws FailedPrecondition for the others. */
export async function decide(tx: EntityManager, caller: Caller, id: string, decided: Decision): Promise<void> {
  const { reason = null, granted = null, agentId = null } = { ...decided } as Record<string, unknown>;
  const [rows] = await tx.query<[{ in_time: boolean }[], number]>(
    `UPDATE registration_request AS request SET decision = $2, decided_at = clock_timestamp(), decided_by_name = $3,
       decided_by_key_public_id = $4, reason = $5, granted = $6, agent_id = $7
     WHERE id = $1 AND ${isPendingSql('request')} RETURNING expires_at > clock_timestamp() AS in_time`,
    [id, decided.decision, caller.name, caller.publicId, reason, granted, agentId],
  );
  // PostgreSQL does not look at the WHERE again after waiting for a holder that rolled back, however long that took.
  if (rows[0] && !rows[0].in_time) throw new FailedPrecondition(DECIDED.EXPIRED!);
  if (!rows[0]) throw new FailedPrecondition(DECIDED[(await loadRequest(tx, id)).state]!);
}

/** A decision, and what it makes of the other requests that wait for the same name. */
export async function changedRequests(
  tx: EntityManager,
  { id, nodeName }: Pick<RegistrationRequest, 'id' | 'nodeName'>,
): Promise<InventoryChange[]> {
  const others = await tx.query<{ id: string }[]>(
    `SELECT id FROM registration_request AS request WHERE id <> $1 AND ${sameName('node_name', '$2')} AND ${isPendingSql('request')}`,
    [id, nodeName],
  );
  return [{ id }, ...others].map((changed) => ({
    object: REGISTRATION_REQUEST,
    id: changed.id,
    kind: ChangeKind.CHANGED,
  }));
}
