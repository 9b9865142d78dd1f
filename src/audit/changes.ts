import type { FieldChange } from './audit-event';

/** What became different between two rows, under the names that the schema gives to these columns. */
export function changesOf<Column extends string>(
  before: Record<Column, unknown>,
  after: Record<Column, unknown>,
  fields: Record<Column, string>,
): FieldChange[] {
  return (Object.entries(fields) as [Column, string][]).flatMap(([column, field]) => {
    const change = { field, before: told(before[column]), after: told(after[column]) };
    return change.before === change.after ? [] : [change];
  });
}

/** Texts as they are, nothing as null, all else as JSON. */
function told(value: unknown): string | null {
  if (value === null || value === undefined || typeof value === 'string') return value ?? null;
  return JSON.stringify(value);
}
