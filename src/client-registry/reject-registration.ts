import { recordSuccess } from '../audit/audit';
import { countingRefusals } from '../audit/counted-refusal';
import type { Context } from '../context';
import { InvalidInput, NotFound } from '../errors';
import { changeInventory, type InventoryTransaction } from '../inventory/change-inventory';
import { isUuid } from '../scalars/uuid';
import { textFaults } from '../text';
import type { RejectRegistrationInput, RejectRegistrationPayload } from './decide-registration.input';
import { changedRequests, decide, loadRequest } from './decide-request';
import { RegistrationRequestState } from './registration-request';

const ACTION = 'registration_request.reject';
const LONGEST_REASON = 500;

/** Refuses a request that waits. Its key is told so, and may ask anew after the cool-down; a younger request for the name is free. */
export async function rejectRegistration(
  context: Context,
  input: RejectRegistrationInput,
): Promise<RejectRegistrationPayload> {
  const { requestId, reason } = input;
  const faults = textFaults(reason, 'input.reason', LONGEST_REASON);
  if (faults.length > 0) throw new InvalidInput(faults);
  if (!isUuid(requestId)) throw new NotFound('registration request', 'input.requestId');
  const attempt = { action: ACTION, target: { type: 'registration_request', id: requestId } };
  return countingRefusals(context, attempt, () =>
    changeInventory(context, (transaction) => reject(transaction, context, input)),
  );
}

async function reject(
  { tx, changed }: InventoryTransaction,
  context: Context,
  { requestId, reason = null }: RejectRegistrationInput,
): Promise<RejectRegistrationPayload> {
  const { state: before } = await loadRequest(tx, requestId);
  await decide(tx, context.caller!, requestId, { decision: RegistrationRequestState.REJECTED, reason });
  const request = await loadRequest(tx, requestId);
  await recordSuccess(tx, context, {
    action: ACTION,
    targetType: 'registration_request',
    targetId: request.id,
    targetName: request.nodeName,
    changes: [{ field: 'state', before, after: request.state }],
    ...(reason !== null && { reason }),
  });
  (await changedRequests(tx, request)).forEach(changed);
  return { request };
}
