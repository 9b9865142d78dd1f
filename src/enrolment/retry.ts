import type { EntityManager } from 'typeorm';
import type { Actor } from '../access/actor';
import { KeyEnd } from '../access/api-key';
import { endKeys } from '../access/end-keys';
import { isLocked } from '../database/constraint';
import { Conflict, RateLimited, type DomainError } from '../errors';
import { insertAgentKey, type Enrolled, type EnrolledKey } from './enrolment';
import { statusOfToken } from './presented-token';
import { tokenRefused } from './token-refusal';

/** A registration that found no use of its token to take. */
export interface Retry {
  tokenId: string;
  registrationHash: Buffer | null;
  nodeName: string;
  /** For the new key's createdBy. */
  grantedBy: Actor;
  key: EnrolledKey;
}

/** The claim that a retry goes back to, and what it is judged by. */
interface ClaimRow {
  id: string;
  node_name: string;
  node_id: string;
  agent_id: string;
  service_id: string | null;
  api_key_id: string;
  revoked: boolean;
  just_retried: boolean;
  fresh: boolean;
  synced: boolean;
  key_ended: boolean;
}

const RETRY_AFTER_SECONDS = 1;

/**
 * Answers a registration whose answer was lost: same agent, a new key, the former one ended. Granted while the token is not
 * revoked, the agent has not synced since, the first claim is under ten minutes old and the node name is the same; not when
 * the key was ended by somebody else meanwhile. Any other is told the token's state.
 */
export async function retryRegistration(tx: EntityManager, retry: Retry): Promise<Enrolled> {
  const { tokenId, registrationHash, nodeName } = retry;
  const claim = registrationHash === null ? undefined : await lockClaim(tx, tokenId, registrationHash);
  if (!claim || claim.revoked) throw await refusal(tx, tokenId);
  if (claim.node_name.toLowerCase() !== nodeName.toLowerCase())
    throw new Conflict(
      'This registration was begun with another node name. Use that name, or begin a new registration.',
    );
  if (claim.synced || !claim.fresh || claim.key_ended) throw await refusal(tx, tokenId);
  if (claim.just_retried) throw new RateLimited(RETRY_AFTER_SECONDS);
  const endedKeys = await rotateKey(tx, claim, retry);
  return {
    agentId: claim.agent_id,
    nodeId: claim.node_id,
    serviceId: claim.service_id,
    endedKeys,
    changes: [],
    inventory: [],
  };
}

/** Of two retries at once, one holds the row or has just done so, and the other is told to wait. */
async function lockClaim(tx: EntityManager, tokenId: string, hash: Buffer): Promise<ClaimRow | undefined> {
  await lockNode(tx, tokenId, hash);
  try {
    // Locked on its own, and read by a later statement: one that locks and joins would miss the key that a retry in between has made.
    await tx.query(
      'SELECT FROM registration_token_claim WHERE token_id = $1 AND registration_hash = $2 FOR UPDATE NOWAIT',
      [tokenId, hash],
    );
  } catch (error) {
    if (isLocked(error)) throw new RateLimited(RETRY_AFTER_SECONDS);
    throw error;
  }
  return readClaim(tx, tokenId, hash);
}

/**
 * Whoever enrols the node afresh holds it until its former keys have ended: a key made meanwhile would outlive them. Who removes it holds
 * it before the claim, and so must a retry.
 */
async function lockNode(tx: EntityManager, tokenId: string, hash: Buffer): Promise<void> {
  await tx.query(
    `SELECT FROM node WHERE id = (
       SELECT agent.runs_on_node_id FROM registration_token_claim AS claim JOIN agent ON agent.id = claim.agent_id
       WHERE claim.token_id = $1 AND claim.registration_hash = $2
     ) FOR UPDATE`,
    [tokenId, hash],
  );
}

/** Waits for whoever is ending the key: a key that was ended must not live on in its successor. */
async function readClaim(tx: EntityManager, tokenId: string, hash: Buffer): Promise<ClaimRow | undefined> {
  const rows = await tx.query<ClaimRow[]>(
    `SELECT claim.id, claim.node_name, agent.runs_on_node_id AS node_id, claim.agent_id, claim.service_id, claim.api_key_id,
            token.revoked_at IS NOT NULL AS revoked,
            coalesce(claim.retried_at > clock_timestamp() - make_interval(secs => ${RETRY_AFTER_SECONDS}), false) AS just_retried,
            claim.claimed_at > clock_timestamp() - interval '10 minutes' AS fresh,
            coalesce(liveness.last_seen_at >= claim.claimed_at, false) AS synced,
            key.revoked_at IS NOT NULL
              OR EXISTS (SELECT FROM api_key AS successor WHERE successor.rotated_from_id = key.id) AS key_ended
     FROM registration_token_claim AS claim
     JOIN registration_token AS token ON token.id = claim.token_id
     JOIN api_key AS key ON key.id = claim.api_key_id
     JOIN agent ON agent.id = claim.agent_id
     JOIN liveness ON liveness.agent_id = claim.agent_id
     WHERE claim.token_id = $1 AND claim.registration_hash = $2
     FOR UPDATE OF key`,
    [tokenId, hash],
  );
  return rows[0];
}

async function rotateKey(tx: EntityManager, claim: ClaimRow, { grantedBy, key }: Retry): Promise<string[]> {
  const ended = await endKeys(tx, { id: claim.api_key_id }, KeyEnd.KEY_ROTATED);
  await insertAgentKey(tx, claim.agent_id, claim.node_name, grantedBy, { ...key, rotatedFromId: claim.api_key_id });
  await tx.query('UPDATE registration_token_claim SET api_key_id = $2, retried_at = clock_timestamp() WHERE id = $1', [
    claim.id,
    key.id,
  ]);
  return ended;
}

async function refusal(tx: EntityManager, tokenId: string): Promise<DomainError> {
  return tokenRefused(await statusOfToken(tx, tokenId));
}
