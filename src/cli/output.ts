import { stringify } from 'yaml';
import { hasUnprintable, json } from '../json-text';
import { printable } from '../safe-text';

export type Format = 'table' | 'json' | 'yaml';

export const FORMATS: Format[] = ['table', 'json', 'yaml'];

/** Writes a text and a line feed to stdout. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The same, once it was taken; rejects when it was not. */
export function written(text: string): Promise<void> {
  return new Promise((resolve, reject) =>
    process.stdout.write(`${text}\n`, (error) => (error ? reject(error) : resolve())),
  );
}

/** Writes a value for programs. */
export function printData(value: unknown, format: Exclude<Format, 'table'>): void {
  print(dataText(value, format));
}

/** A value for programs. */
export function dataText(value: unknown, format: Exclude<Format, 'table'>): string {
  return format === 'json' ? json(value) : yaml(value);
}

/** The value as YAML; quoted and escaped where it holds what a terminal would obey. */
export function yaml(value: unknown): string {
  const text = stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd();
  if (!hasUnprintable(text)) return text;
  // JSON is YAML: its escapes say the same.
  return json(value);
}

/** Rows under a header, in aligned columns. */
export function table(header: string[], rows: string[][]): string {
  const cells = [header, ...rows].map((row) => row.map(printable));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => width(row[column] ?? ''))));
  return cells
    .map((row) =>
      row
        .map((cell, column) => padded(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names and what they stand for, one a line; what there is none of is left out. */
export function properties(entries: [name: string, value: string | null | undefined][]): string {
  const present = entries.flatMap(([name, value]) => (value ? [[`${name}:`, value]] : []));
  return table(['', ''], present).split('\n').slice(1).join('\n');
}

function padded(cell: string, columns: number): string {
  return cell + ' '.repeat(columns - width(cell));
}

/** Letters, not UTF-16 units. */
function width(text: string): number {
  return Array.from(text).length;
}
