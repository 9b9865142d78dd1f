import { readFileSync } from 'node:fs';
import { isErrno } from '../system-error';
import { parseYamlSettings } from '../yaml-settings';

/** What is wrong and where: `server.yaml:3`, `environment ROLLCALL_PORT`, `--port`. */
export interface Fault {
  place: string;
  message: string;
}

/** A value of a file under its path, such as `database.pool_size`. */
export interface FileEntry {
  path: string;
  value: unknown;
  place: string;
}

export interface FileContents {
  entries: FileEntry[];
  faults: Fault[];
}

/** What a settings file in YAML holds under the known paths; everything else in it is a fault. Null: there is no such file. */
export function readSettingsFile(file: string, known: string[]): FileContents | null {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    if (!isErrno(error)) throw error;
    return error.code === 'ENOENT' ? null : { entries: [], faults: [{ place: file, message: unreadable(error) }] };
  }
  const { wellFormed, settings, faults } = parseYamlSettings(source, known);
  return {
    entries: settings.map(({ path, value, position }) => ({ path, value, place: `${file}:${position.line}` })),
    faults: faults.map(({ position: { line, column }, message }) => ({
      place: wellFormed ? `${file}:${line}` : `${file}:${line}:${column}`,
      message,
    })),
  };
}

function unreadable({ code }: NodeJS.ErrnoException): string {
  if (code === 'EACCES') return 'may not be read by this user';
  return code === 'EISDIR' ? 'is a folder, not a file' : `cannot be read (${code})`;
}
