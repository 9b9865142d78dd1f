import { readFileSync } from 'node:fs';
import { isAlias, isMap, isNode, isScalar, LineCounter, parseDocument, type Document, type Pair } from 'yaml';
import { closest } from './closest';
import { isErrno } from './errno';

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
  try {
    return parseSettings(readFileSync(file, 'utf8'), file, known);
  } catch (error) {
    if (!isErrno(error)) throw error;
    return error.code === 'ENOENT' ? null : { entries: [], faults: [{ place: file, message: unreadable(error) }] };
  }
}

function parseSettings(source: string, file: string, known: string[]): FileContents {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) return { entries: [], faults: document.errors.map(syntaxFault) };
  return flatten(document, { file, lines, known });

  // The library's own message may quote the line, and with it a password.
  function syntaxFault({ pos, code }: { pos: [number, number]; code: string }): Fault {
    const { line, col } = lines.linePos(pos[0]);
    return {
      place: `${file}:${line}:${col}`,
      message: `is not valid YAML (${code.toLowerCase().replaceAll('_', ' ')})`,
    };
  }
}

interface Origin {
  file: string;
  lines: LineCounter;
  known: string[];
}

function flatten(document: Document.Parsed, { file, lines, known }: Origin): FileContents {
  const sections = known.filter((path) => path.includes('.')).map((path) => path.slice(0, path.lastIndexOf('.')));
  const contents: FileContents = { entries: [], faults: [] };
  if (isMap(document.contents)) document.contents.items.forEach((pair) => visit(pair, ''));
  else if (document.toJS() !== null)
    contents.faults.push({ place: `${file}:1`, message: 'must hold settings, each as "name: value"' });
  return contents;

  function visit({ key, value }: Pair, section: string): void {
    const name = isScalar(key) ? String(key.value) : '';
    const path = section + name;
    const place = `${file}:${isNode(key) ? lines.linePos(key.range?.[0] ?? 0).line : 1}`;
    const node = isAlias(value) ? value.resolve(document) : value;
    if (known.includes(path)) contents.entries.push({ path, place, value: isNode(node) ? node.toJS(document) : node });
    else if (!sections.includes(path))
      contents.faults.push({ place, message: unknownSetting(path, [...known, ...sections]) });
    else if (isMap(node)) node.items.forEach((pair) => visit(pair, `${path}.`));
    else if (!isScalar(node) || node.value !== null)
      contents.faults.push({ place, message: sectionExpected(path, known) });
  }
}

/** A name that could be a secret in the wrong place, or not be printable, is not repeated. */
function unknownSetting(path: string, known: string[]): string {
  if (!/^[\w.-]{1,40}$/.test(path)) return 'unknown setting';
  const suggestion = closest(path, known);
  return `unknown setting ${path}${suggestion === null ? '' : `; did you mean ${suggestion}?`}`;
}

function sectionExpected(path: string, known: string[]): string {
  const example = known.find((setting) => setting.startsWith(`${path}.`));
  return `${path}: must be a section, with settings such as ${example?.slice(path.length + 1)} in lines of their own below it`;
}

function unreadable({ code }: NodeJS.ErrnoException): string {
  if (code === 'EACCES') return 'may not be read by this user';
  return code === 'EISDIR' ? 'is a folder, not a file' : `cannot be read (${code})`;
}
