import { timingSafeEqual } from 'node:crypto';
import { FailedPrecondition, type FieldFault } from '../errors';
import { comparablePairingId } from '../pairing-id';
import type { RegistrationRequest } from './registration-request';

const PATH = 'input.pairingId';
const PAIRING_ID = /^[0-9A-HJKMNP-TV-Z]{4}-?[0-9A-HJKMNP-TV-Z]{4}$/i;

/** What is wrong with a text that is to be a pairing ID; case and dash are the person's. */
export function pairingFaults(pairingId: string): FieldFault[] {
  if (PAIRING_ID.test(pairingId)) return [];
  const message =
    'Give the eight characters that the agent shows, such as K7QF-2M9X; there is no I, L, O and U in them.';
  return [{ path: PATH, message }];
}

/** Throws FailedPrecondition unless this is the request's own pairing ID: a list that is out of date must not approve what has taken its place. */
export function checkPairing({ pairingId }: RegistrationRequest, given: string): void {
  if (!timingSafeEqual(comparable(pairingId), comparable(given)))
    throw new FailedPrecondition(
      'This is not the pairing ID of this request: compare it with what the agent shows, and look at the list again.',
      {},
      PATH,
    );
}

function comparable(pairingId: string): Buffer {
  return Buffer.from(comparablePairingId(pairingId));
}
