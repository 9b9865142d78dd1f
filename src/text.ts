import type { FieldFault } from './errors';

/** Control characters and marks that turn the direction of text: they make names lie to the eye. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;

/** What is wrong with an optional line of text: empty, longer than so many characters, or not printable. */
export function textFaults(value: string | null | undefined, path: string, longest: number): FieldFault[] {
  if (value === null || value === undefined) return [];
  const length = Array.from(value).length;
  const good = length >= 1 && length <= longest && !UNPRINTABLE.test(value);
  return good ? [] : [{ path, message: `Give 1 to ${longest} printable characters.` }];
}

const NODE_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/;

/** Whether a node may have this name. */
export function isNodeName(name: string): boolean {
  return NODE_NAME.test(name);
}
