import { formatDuration } from '../duration';
import { pairingId } from '../pairing-id';
import type { RequestRow } from './find-request';
import { RegistrationRequestState } from './registration-request';
import type { RequestRegistrationPayload } from './request-registration.input';

/** What a request comes to, for the agent that asks, and whether it has used its key since it was approved. */
export interface RequestAnswer extends RequestRegistrationPayload {
  synced: boolean;
}

const POLL_AFTER_SECONDS = 5;

/** What the agent is told. The pairing ID is of the key, name and nonce that are stored. */
export function answerOf(row: RequestRow): RequestAnswer {
  const nonce = row.nonce.toString('hex');
  return {
    requestId: row.id,
    state: row.state,
    nonce,
    pairingId: pairingId({
      keyPublicId: row.public_id,
      keySecretHash: row.key_secret_hash.toString('hex'),
      nodeName: row.node_name,
      nonce,
    }),
    pollAfterSeconds: row.state === RegistrationRequestState.REJECTED ? Math.max(row.cool_down, 1) : POLL_AFTER_SECONDS,
    message: MESSAGES[row.state](row),
    agentId: row.agent_id,
    nodeId: row.node_id,
    synced: row.synced,
  };
}

const MESSAGES: Record<RegistrationRequestState, (row: RequestRow) => string | null> = {
  PENDING: () => 'An administrator has to approve this request: the pairing ID tells that it is yours.',
  CONFLICTING: ({ has_node }) =>
    has_node
      ? 'A node of this name is on the roll already. An administrator can approve this request with replace, which ends the key of the agent that has the name; or give this node another name.'
      : 'Another agent has asked for this name before. An administrator decides which of the two gets it; or give this node another name.',
  APPROVED: () => null,
  REJECTED: ({ reason, cool_down }) =>
    `An administrator has rejected this request. It can be asked for again in ${formatDuration(Math.max(cool_down, 1))}.${reason === null ? '' : ` The reason: ${reason}`}`,
  EXPIRED: () => 'Nobody decided in time. Send the request again.',
};
