import { createHash } from 'node:crypto';
import { isUuid } from '../scalars/uuid';

/** Where an item lies in a sorted list: its sort value, as text, and its id. */
export interface Position {
  sort: string;
  id: string;
}

/** What a list can be sorted by, as PostgreSQL names it. */
export type SortType = 'text' | 'timestamptz';

/** How instants are written into cursors. PostgreSQL has no year 0. */
const INSTANT = /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/** Names a list with its order and filter, so that a cursor of another is told apart. */
export function listDigest(...parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 12);
}

export function encodeCursor(digest: string, { sort, id }: Position): string {
  return Buffer.from(JSON.stringify([digest, sort, id])).toString('base64url');
}

const LONGEST = 2000;

/** The position in a cursor; null when it is none of this list. */
export function decodeCursor(digest: string, type: SortType, cursor: string): Position | null {
  if (cursor.length > LONGEST) return null;
  const parts = threeTexts(Buffer.from(cursor, 'base64url').toString());
  if (!parts) return null;
  const [of, sort, id] = parts;
  return of === digest && isUuid(id) && READABLE[type](sort) ? { sort, id } : null;
}

/** Whether PostgreSQL can read the text back. */
const READABLE: Record<SortType, (sort: string) => boolean> = {
  text: (sort) => !sort.includes('\u0000'),
  timestamptz: isInstant,
};

function isInstant(text: string): boolean {
  const time = new Date(INSTANT.test(text) ? text : NaN);
  // Date takes 30 February for 2 March: to the second, the instant must come back as it was given.
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text.slice(0, 19));
}

function threeTexts(json: string): [string, string, string] | null {
  try {
    const parts: unknown = JSON.parse(json);
    const three = Array.isArray(parts) && parts.length === 3 && parts.every((part) => typeof part === 'string');
    return three ? (parts as [string, string, string]) : null;
  } catch {
    return null;
  }
}
