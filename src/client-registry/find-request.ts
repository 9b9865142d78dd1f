import type { EntityManager } from 'typeorm';
import type { Config } from '../config';
import { isPendingSql, requestStateSql, sameName, type RegistrationRequestState } from './registration-request';

/** What the agent whose key it is is told of its request. */
export interface RequestRow {
  /** Of the key. */
  public_id: string;
  id: string;
  key_secret_hash: Buffer;
  nonce: Buffer;
  node_name: string;
  state: RegistrationRequestState;
  /** Whether this is what its key is told; else the key may ask anew. */
  stands: boolean;
  reason: string | null;
  /** Of a rejected request: how long it stands, in seconds. */
  cool_down: number;
  /** The name belongs to a node. */
  has_node: boolean;
  agent_id: string | null;
  node_id: string | null;
  /** The agent has synced since it was approved, or has been removed since. */
  synced: boolean;
}

/** Whether the row `request` has nothing more to say, in SQL: its key may ask anew, and it goes when room is needed. */
export function isOverSql(request: string, { rejectionCoolDownSeconds }: Config['clientRegistry']): string {
  return `(NOT ${isPendingSql(request)} AND ${request}.decision IS DISTINCT FROM 'APPROVED'
    AND ${coolDownSql(request, rejectionCoolDownSeconds)} <= 0)`;
}

function coolDownSql(request: string, seconds: number): string {
  return `coalesce(extract(epoch FROM ${request}.decided_at - clock_timestamp()) + ${seconds}, 0)`;
}

/** The last request of each of these keys, by the clock of the database: ids are of the clocks of the servers. */
export function findRequests(
  db: EntityManager,
  config: Config['clientRegistry'],
  keyPublicIds: readonly string[],
): Promise<RequestRow[]> {
  return db.query<RequestRow[]>(
    `SELECT DISTINCT ON (request.key_public_id) request.key_public_id AS public_id, request.id, request.key_secret_hash, request.nonce, request.node_name,
       ${requestStateSql('request')} AS state, NOT ${isOverSql('request', config)} AS stands, request.reason,
       ceil(${coolDownSql('request', config.rejectionCoolDownSeconds)})::int AS cool_down,
       EXISTS (SELECT FROM node WHERE ${sameName('node.name', 'request.node_name')}) AS has_node,
       request.agent_id, agent.runs_on_node_id AS node_id, coalesce(liveness.last_seen_at >= request.decided_at, request.decision = 'APPROVED' AND request.agent_id IS NULL, false) AS synced
     FROM registration_request AS request
     LEFT JOIN agent ON agent.id = request.agent_id
     LEFT JOIN liveness ON liveness.agent_id = request.agent_id
     WHERE request.key_public_id = ANY ($1::text[])
     ORDER BY request.key_public_id, request.requested_at DESC, request.id DESC`,
    [keyPublicIds],
  );
}
