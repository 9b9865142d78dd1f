import type { FieldFault } from './errors';

/** Of versions of agents and services. */
export const LONGEST_VERSION = 100;

/**
 * Control characters, marks that turn the direction of text, and what cannot be seen: they make names lie to the eye. Joiners stay,
 * some scripts need them.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u00AD\u061C\u200B\u200E\u200F\u202A-\u202E\u2060\u2066-\u206F\uFEFF]/u;

/** What is wrong with an optional line of text: empty, longer than so many characters, or not printable. */
export function textFaults(value: string | null | undefined, path: string, longest: number): FieldFault[] {
  if (value === null || value === undefined) return [];
  const length = Array.from(value).length;
  const good = length >= 1 && length <= longest && !UNPRINTABLE.test(value);
  return good ? [] : [{ path, message: `Give 1 to ${longest} printable characters.` }];
}
