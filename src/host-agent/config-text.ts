import {
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type YAMLMap,
} from 'yaml';
import { CHECKS, SETTINGS } from './config-settings';

/** What is wrong with a configuration, and where; line and column count from 1. */
export interface ConfigFault {
  line: number;
  column: number;
  message: string;
}

/** The settings that have a value, by name such as `central.api_url`. */
export interface ConfigValues {
  texts: Map<string, string>;
  tags: string[];
}

type Report = (offset: number, message: string) => void;

/** Takes a configuration apart. With faults, the values are incomplete. No message repeats a value: it may be a secret. */
export function parseConfigText(source: string): { values: ConfigValues; faults: ConfigFault[] } {
  const lineCounter = new LineCounter();
  // prettyErrors would quote the faulty line, and with it perhaps a secret.
  const document = parseDocument(source, { lineCounter, prettyErrors: false });
  const values: ConfigValues = { texts: new Map(), tags: [] };
  const faults: ConfigFault[] = [];
  const report: Report = (offset, message) => {
    const { line, col } = lineCounter.linePos(offset);
    faults.push({ line: Math.max(line, 1), column: Math.max(col, 1), message });
  };
  for (const error of document.errors) report(error.pos[0], `not valid YAML: ${plainReason(error.code)}.`);
  if (faults.length === 0) readSections(document, values, report);
  return { values, faults };
}

/** yaml's own messages can quote the text at fault, so its code tells the reason. */
function plainReason(code: string): string {
  return code.toLowerCase().replaceAll('_', ' ');
}

function readSections(document: Document.Parsed, values: ConfigValues, report: Report): void {
  const root = document.contents;
  if (root !== null && !isMap(root)) return report(root.range[0], 'sections such as `central:` are expected here.');
  for (const { name, value, offset } of entries(root)) {
    const settings = SETTINGS.get(name);
    if (!settings) report(offset, `${quoted(name)} is not a known section: remove it or correct its name.`);
    else if (isMap(value)) readSettings(name, value, settings, values, report);
    else if (!isEmpty(value)) report(offset, `${name} must hold settings, one a line, indented.`);
  }
  const central = root?.get('central', true) as Node | undefined;
  requireUrl(values, (message) => report(central?.range?.[0] ?? 0, message), faultyUrl(central));
}

/** A URL that is there but faulty has been reported already. */
function faultyUrl(central: Node | undefined): boolean {
  return isMap(central) && !isEmpty(central.get('api_url', true));
}

function requireUrl(values: ConfigValues, report: (message: string) => void, given: boolean): void {
  if (!values.texts.has('central.api_url') && !given) report('central.api_url is missing: set it to the server’s URL.');
  if (values.texts.has('central.ca_pin') && values.texts.get('central.api_url')?.startsWith('http:'))
    report('central.ca_pin needs an https URL in central.api_url.');
}

function readSettings(section: string, map: YAMLMap, known: string[], values: ConfigValues, report: Report): void {
  for (const { name, value, offset } of entries(map)) {
    const setting = `${section}.${name}`;
    if (!known.includes(name)) {
      report(offset, `${quoted(setting)} is not a known setting: remove it or correct its name.`);
    } else if (!isEmpty(value)) {
      const fault = setting === 'server.tags' ? takeTags(value, values) : takeText(setting, value, values);
      if (fault) report(value?.range?.[0] ?? offset, `${setting} ${fault}`);
    }
  }
}

function takeText(setting: string, value: Node | null, values: ConfigValues): string | undefined {
  if (!isScalar(value) || typeof value.value !== 'string') return 'must be text: put it in quotes.';
  values.texts.set(setting, value.value);
  return CHECKS.get(setting)?.(value.value);
}

function takeTags(value: Node | null, values: ConfigValues): string | undefined {
  const items = isSeq(value) ? value.items.map((item) => (isScalar(item) ? item.value : null)) : [null];
  if (!items.every((item) => typeof item === 'string')) return 'must be a list of texts, such as [postgres, prod].';
  values.tags = items;
  return undefined;
}

function isEmpty(value: Node | null | undefined): boolean {
  return value === undefined || value === null || (isScalar(value) && (value.value === null || value.value === ''));
}

interface Entry {
  name: string;
  value: Node | null;
  offset: number;
}

function entries(map: YAMLMap | null): Entry[] {
  return (map?.items ?? []).map(({ key, value }) => ({
    name: isScalar(key) ? String(key.value) : '',
    value: isNode(value) ? value : null,
    offset: (isNode(key) ? key.range?.[0] : undefined) ?? 0,
  }));
}

/** A name at fault, bounded and harmless: a secret pasted in the place of a name is not repeated whole. */
function quoted(name: string): string {
  return /^[\w.-]{1,40}$/.test(name) ? name : 'this';
}
