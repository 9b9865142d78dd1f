import type { FieldChange } from './audit-event';
import { canonicalJson } from './canonical-row';

/** The name that the schema gives to a column or property; beside it how its values are written, where that is not how they are kept. */
type ToldField = string | { field: string; written: (value: never) => string };

/** What is told of rows, by their columns or properties. */
export type ToldFields = Record<string, ToldField>;

/** What became different between two rows. */
export function changesOf(before: object, after: object, fields: ToldFields): FieldChange[] {
  return Object.entries(fields).flatMap(([column, told]) => {
    const { field, written } = typeof told === 'string' ? { field: told, written: textOf } : told;
    const textIn = (row: object) => {
      const value = (row as Record<string, unknown>)[column];
      return value == null ? null : written(value as never);
    };
    const change = { field, before: textIn(before), after: textIn(after) };
    return change.before === change.after ? [] : [change];
  });
}

/** Texts as they are, empty lists as null, all else as JSON with its members in order. */
function textOf(value: string | number | boolean | object): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && Object.keys(value).length === 0 ? null : canonicalJson(value);
}
