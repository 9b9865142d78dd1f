import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { EntityManager } from 'typeorm';
import type { LabelMap } from '../label/label';
import { tokenNotApplicable } from './token-refusal';

/** What the token says of the nodes that it enrols. */
export interface ClaimedToken {
  node_name: string | null;
  replaces_node_id: string | null;
  region: string | null;
  environment: string | null;
  tags: string[];
  labels: LabelMap;
}

/** The token has no use left for this registration; perhaps it is a retry. */
export class NotClaimed extends Error {}

/** What is stored of a registrationId: whoever knows it may ask again for a key, so it is a secret. */
export function registrationHash(registrationId: string | null | undefined): Buffer | null {
  return registrationId == null ? null : createHash('sha256').update(registrationId.toLowerCase()).digest();
}

/**
 * Takes one use of a token, by one guarded statement: of many at once as many win as there are uses. A caller that fails
 * afterwards rolls back, and the use is not spent. Throws NotClaimed when there is none to take.
 */
export async function claimUse(tx: EntityManager, tokenId: string): Promise<ClaimedToken> {
  const [rows] = await tx.query<[(ClaimedToken & { in_time: boolean })[], number]>(
    `UPDATE registration_token SET uses = uses + 1, last_used_at = clock_timestamp()
     WHERE id = $1 AND uses < max_uses AND revoked_at IS NULL AND expires_at > clock_timestamp()
     RETURNING node_name, replaces_node_id, region, environment, tags, labels, expires_at > clock_timestamp() AS in_time`,
    [tokenId],
  );
  const token = rows[0];
  // PostgreSQL does not look at the WHERE again after waiting for a holder that rolled back, however long that took.
  if (!token?.in_time) throw new NotClaimed();
  return token;
}

/**
 * Holds the node that a token replaces. Before the token is claimed: who removes a node holds it first and its tokens afterwards, and the
 * other way round the two would lock each other out.
 */
export async function lockReplaced(tx: EntityManager, nodeId: string | null): Promise<void> {
  if (nodeId !== null) await tx.query('SELECT FROM node WHERE id = $1 FOR UPDATE', [nodeId]);
}

export interface ClaimRecord {
  tokenId: string;
  registrationHash: Buffer | null;
  nodeName: string;
  agentId: string;
  apiKeyId: string;
}

/** Writes the use down and gives its id. Throws NotClaimed when this registrationId has used the token before. */
export async function recordClaim(tx: EntityManager, claim: ClaimRecord): Promise<string> {
  const rows = await tx.query<{ id: string }[]>(
    `INSERT INTO registration_token_claim (id, token_id, registration_hash, node_name, agent_id, api_key_id)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (token_id, registration_hash) DO NOTHING RETURNING id`,
    [uuidv7(), claim.tokenId, claim.registrationHash, claim.nodeName, claim.agentId, claim.apiKeyId],
  );
  if (!rows[0]) throw new NotClaimed();
  return rows[0].id;
}

/** Keeps the id of the service for the answer to a retry; the claim was written before there was one. */
export async function rememberService(tx: EntityManager, claimId: string, serviceId: string): Promise<void> {
  await tx.query('UPDATE registration_token_claim SET service_id = $2 WHERE id = $1', [claimId, serviceId]);
}

/** Throws TOKEN_NOT_APPLICABLE unless the token may enrol a node of this name. */
export async function checkApplicable(tx: EntityManager, token: ClaimedToken, nodeName: string): Promise<void> {
  if (token.replaces_node_id !== null) {
    const [node] = await tx.query<{ name: string }[]>('SELECT name FROM node WHERE id = $1', [token.replaces_node_id]);
    if (node?.name.toLowerCase() !== nodeName.toLowerCase()) throw tokenNotApplicable();
  } else if (token.node_name !== null && !matches(token.node_name, nodeName)) throw tokenNotApplicable();
}

/** Whether the whole name fits the pattern, in which * stands for any part; regardless of case. */
export function matches(pattern: string, name: string): boolean {
  const expected = pattern.toLowerCase().split('*');
  const actual = name.toLowerCase();
  const [first, last] = [expected[0]!, expected.at(-1)!];
  if (expected.length === 1) return actual === first;
  if (!actual.startsWith(first) || !actual.endsWith(last) || actual.length < first.length + last.length) return false;
  // Part by part and never back: a pattern cannot be made to cost more than its length times the name's.
  let rest = actual.slice(first.length, actual.length - last.length);
  return expected.slice(1, -1).every((part) => {
    const at = rest.indexOf(part);
    rest = rest.slice(at + part.length);
    return at >= 0;
  });
}
