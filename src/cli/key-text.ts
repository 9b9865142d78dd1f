import type { ApiKey } from './api-key';
import { properties } from './output';
import { instantAndDistance } from './time';

/** What may be known of a key just made, for people. */
export function keyText({ publicId, id, name, role, expiresAt }: ApiKey): string {
  return properties([
    ['Public id', publicId],
    ['Id', id],
    ['Name', name],
    ['Role', role],
    ['Expires', instantAndDistance(expiresAt)],
  ]);
}

/** How long a key works on beside its successor. */
export function formerKeyText(isOwn: boolean, grace: string | undefined): string {
  if (isOwn)
    return 'It takes the place of the key that this command was given, which works until the new one is first used, 24h at most: replace it where it is kept.';
  return grace === undefined || /^0+[smhd]$/.test(grace)
    ? 'The former key has ended.'
    : `The former key works for another ${grace}.`;
}
