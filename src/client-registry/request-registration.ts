import { timingSafeEqual } from 'node:crypto';
import type { Context } from '../context';
import { factFaults } from '../enrolment/facts';
import { DomainError, InvalidInput, type FieldFault } from '../errors';
import { changeInventory } from '../inventory/change-inventory';
import { findRequests, type RequestRow } from './find-request';
import { answerOf, type RequestAnswer } from './request-answer';
import type { RequestRegistrationInput } from './request-registration.input';
import { checkRoom, checkUnlocked, isTaken, storeRequest } from './store-request';

const PUBLIC_ID = /^[0-9A-Za-z]{12}$/;
const SECRET_HASH = /^[0-9a-f]{64}$/;

const ACTION = 'registration_request.make';

/**
 * Stores the request of an agent that has no token, or tells what became of it: the same may be sent again at any time, and changes
 * nothing. Throws REGISTRY_LOCKED where it would have to be stored and may not be.
 */
export async function requestRegistration(context: Context, input: RequestRegistrationInput): Promise<RequestAnswer> {
  const faults = [...keyFaults(input), ...factFaults(input)];
  if (faults.length > 0) throw await context.limits.failedEnrolment(context, new InvalidInput(faults));
  const known = await context.findRequest(input.keyPublicId);
  if (known ? !isSameKey(known, input) : await isTaken(context.db, input.keyPublicId)) throw await keyTaken(context);
  if (known?.stands) return answerOf(known);
  const stored = await make(context, input);
  // One of the same public id, and of another hash, may have come at the same time.
  if (!isSameKey(stored, input)) throw await keyTaken(context);
  return answerOf(stored);
}

/** Throws what refuses it, which is counted for the audit trail. */
async function make(context: Context, input: RequestRegistrationInput): Promise<RequestRow> {
  const { db, config } = context;
  try {
    // Asked again when it is stored; here so that who is refused waits in nobody's way.
    await checkUnlocked(db, config.clientRegistry);
    await checkRoom(db, context);
    await context.requestLine(() =>
      changeInventory(context, (transaction) => storeRequest(transaction, context, input)),
    );
  } catch (error) {
    if (error instanceof DomainError)
      context.refusals.note({ action: ACTION, reason: error.code, remoteAddress: context.remoteAddress });
    throw error;
  }
  const [row] = await findRequests(db, config.clientRegistry, [input.keyPublicId]);
  return row!;
}

function keyTaken(context: Context): Promise<DomainError> {
  const message = 'This key cannot be registered: make another one.';
  return context.limits.failedEnrolment(context, new InvalidInput([{ path: 'input.keyPublicId', message }]));
}

function keyFaults({ keyPublicId, keySecretHash }: RequestRegistrationInput): FieldFault[] {
  const faults: FieldFault[] = [];
  if (!PUBLIC_ID.test(keyPublicId))
    faults.push({ path: 'input.keyPublicId', message: 'Give the 12 letters and digits of the key after its rca_.' });
  if (!SECRET_HASH.test(keySecretHash))
    faults.push({ path: 'input.keySecretHash', message: 'Give a SHA-256 as 64 lower-case hex digits.' });
  return faults;
}

/** The public id names the request; whoever asks must have the hash, too. */
function isSameKey({ key_secret_hash }: RequestRow, { keySecretHash }: RequestRegistrationInput): boolean {
  return timingSafeEqual(key_secret_hash, Buffer.from(keySecretHash, 'hex'));
}
