import { InvalidInput } from '../errors';
import type { PageArgs } from './connection';
import { decodeCursor, type Position, type SortType } from './cursor';

export const DEFAULT_SIZE = 50;
export const LARGEST_SIZE = 200;

/** Which part of a list is asked for. */
export interface PageRequest {
  size: number;
  /** From the end of the list towards its start. */
  backward: boolean;
  from: Position | null;
}

/** Reads the paging arguments. Throws InvalidInput on mixed, too small, too large or foreign ones. */
export function pageRequest(args: PageArgs, digest: string, type: SortType): PageRequest {
  const { first, after, last, before } = args;
  const backward = present(last) || present(before);
  if (backward && (present(first) || present(after)))
    throw fault(present(first) ? 'first' : 'after', 'Give first and after, or last and before, not both.');
  const [sizeName, size, cursorName, cursor] = backward
    ? (['last', last, 'before', before] as const)
    : (['first', first, 'after', after] as const);
  if (present(size) && (size < 1 || size > LARGEST_SIZE))
    throw fault(sizeName, `Give a number from 1 to ${LARGEST_SIZE}.`);
  const from = present(cursor) ? decodeCursor(digest, type, cursor) : null;
  if (present(cursor) && !from) throw fault(cursorName, 'This is no cursor of this list with this order and filter.');
  return { size: size ?? DEFAULT_SIZE, backward, from };
}

function present<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}

function fault(path: string, message: string): InvalidInput {
  return new InvalidInput([{ path, message }]);
}
