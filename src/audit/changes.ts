import type { FieldChange } from './audit-event';
import { canonicalJson } from './canonical-row';

/** What became different between two rows, by their columns or properties; under the names that the schema gives to these. */
export function changesOf(before: object, after: object, fields: Record<string, string>): FieldChange[] {
  const [was, is] = [before, after] as Record<string, unknown>[];
  return Object.entries(fields).flatMap(([column, field]) => {
    const change = { field, before: told(was![column]), after: told(is![column]) };
    return change.before === change.after ? [] : [change];
  });
}

/** Texts as they are, nothing and empty lists as null, all else as JSON with its members in order. */
function told(value: unknown): string | null {
  if (value === null || value === undefined || typeof value === 'string') return value ?? null;
  return typeof value === 'object' && Object.keys(value).length === 0 ? null : canonicalJson(value);
}
