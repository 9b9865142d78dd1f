import { holdsSecret } from './access/credential';
import type { FieldFault } from './errors';

/** Of versions of agents and services. */
export const LONGEST_VERSION = 100;

/**
 * Control characters, marks that turn the direction of text, and what cannot be seen: they make names lie to the eye. Joiners stay,
 * some scripts need them.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u00AD\u061C\u200B\u200E\u200F\u202A-\u202E\u2060\u2066-\u206F\uFEFF]/u;

/** For a text that many may read. */
export const HOLDS_SECRET =
  'This holds a key or token, which all who may read it would see. Take it out, and revoke a secret that others have seen.';

/** What is wrong with an optional line of text: empty, longer than so many characters, not printable, or a secret. */
export function textFaults(value: string | null | undefined, path: string, longest: number): FieldFault[] {
  if (value === null || value === undefined) return [];
  const length = Array.from(value).length;
  if (holdsSecret(value)) return [{ path, message: HOLDS_SECRET }];
  const good = length >= 1 && length <= longest && !UNPRINTABLE.test(value);
  return good ? [] : [{ path, message: `Give 1 to ${longest} printable characters.` }];
}

/** The same of a text that may have several lines. */
export function linesFaults(value: string, path: string, longest: number): FieldFault[] {
  return textFaults(value.replaceAll(/\r?\n/g, ' '), path, longest);
}
