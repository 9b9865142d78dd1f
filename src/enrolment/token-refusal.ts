import { TokenStatus } from '../registration-token/registration-token';
import { DomainError } from '../errors';

/** Unknown, malformed, of another kind, or with a wrong secret: all alike to whoever asks. */
export function tokenInvalid(): DomainError {
  return new DomainError(
    'TOKEN_INVALID',
    'This is no registration token of this server. Check that it was copied whole.',
  );
}

const REFUSALS: Record<Exclude<TokenStatus, TokenStatus.ACTIVE>, DomainError> = {
  REVOKED: new DomainError('TOKEN_REVOKED', 'The registration token was revoked. Ask an administrator for a new one.'),
  USED: new DomainError('TOKEN_USED', 'The registration token was used already. Ask an administrator for a new one.'),
  EXPIRED: new DomainError('TOKEN_EXPIRED', 'The registration token has expired. Ask an administrator for a new one.'),
};

/** Why a token does not enrol, told to whoever holds it. A retry that is not granted counts as used while uses remain. */
export function tokenRefused(status: TokenStatus): DomainError {
  return REFUSALS[status === TokenStatus.ACTIVE ? TokenStatus.USED : status];
}

export function tokenNotApplicable(): DomainError {
  return new DomainError(
    'TOKEN_NOT_APPLICABLE',
    'The registration token is bound to another node name. Ask an administrator which, or for another token.',
  );
}
