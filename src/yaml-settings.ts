import { isAlias, isMap, isNode, isScalar, LineCounter, parseDocument, type Document, type Pair } from 'yaml';

/** Where something stands; both count from 1. */
export interface Position {
  line: number;
  column: number;
}

/** A value under its path, such as `database.pool_size`. */
export interface YamlSetting {
  path: string;
  value: unknown;
  /** Of its name. */
  position: Position;
  /** Of the value; of the name, where there is none. */
  valuePosition: Position;
}

/** What is wrong and where. The message repeats no value: it may be a secret. */
export interface YamlFault {
  position: Position;
  message: string;
}

export interface YamlSettings {
  /** False: it is no YAML at all, and nothing more is known of it. */
  wellFormed: boolean;
  settings: YamlSetting[];
  faults: YamlFault[];
}

/** What a text in YAML holds under the known paths; everything else in it is a fault. */
export function parseYamlSettings(source: string, known: string[]): YamlSettings {
  const lines = new LineCounter();
  // The library's own, prettier messages may quote the line, and with it a password.
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const position = (offset = 0): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (document.errors.length === 0) return { wellFormed: true, ...flatten(document, position, known) };
  const faults = document.errors.map(({ pos, code }) => {
    const reason = code.toLowerCase().replaceAll('_', ' ');
    return { position: position(pos[0]), message: `is not valid YAML (${reason})` };
  });
  return { wellFormed: false, settings: [], faults };
}

function flatten(
  document: Document.Parsed,
  at: (offset?: number) => Position,
  known: string[],
): Omit<YamlSettings, 'wellFormed'> {
  const sections = known.filter((path) => path.includes('.')).map((path) => path.slice(0, path.lastIndexOf('.')));
  const settings: YamlSetting[] = [];
  const faults: YamlFault[] = [];
  if (isMap(document.contents)) document.contents.items.forEach((pair) => visit(pair, ''));
  else if (document.toJS() !== null)
    faults.push({ position: at(), message: 'must hold settings, each as "name: value"' });
  return { settings, faults };

  function visit({ key, value }: Pair, section: string): void {
    const path = section + (isScalar(key) ? String(key.value) : '');
    const position = at(isNode(key) ? key.range?.[0] : undefined);
    const node = isAlias(value) ? value.resolve(document) : value;
    if (known.includes(path)) {
      const valuePosition = isNode(value) ? at(value.range?.[0]) : position;
      settings.push({ path, value: isNode(node) ? node.toJS(document) : node, position, valuePosition });
    } else if (!sections.includes(path)) {
      faults.push({ position, message: unknownSetting(path, [...known, ...sections]) });
    } else if (isMap(node)) node.items.forEach((pair) => visit(pair, `${path}.`));
    else if (!isScalar(node) || node.value !== null) faults.push({ position, message: sectionExpected(path, known) });
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

/** The known name that was probably meant: at most two letters away, or the one whose section was forgotten. */
function closest(name: string, known: string[]): string | null {
  const written = name.toLowerCase();
  const distances = known.map((candidate) => ({ candidate, distance: editDistance(written, candidate) }));
  const [best] = distances.toSorted((a, b) => a.distance - b.distance);
  if (best && best.distance <= Math.min(2, name.length / 2)) return best.candidate;
  return known.find((candidate) => candidate.endsWith(`.${written}`)) ?? null;
}

/** Levenshtein's distance, row by row. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let index = 0; index < from.length; index += 1) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = row[column - 1]! + (from[index] === to[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[column]! + 1, next[column - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
