import { isNodeName } from '../node-name';
import { parseYamlSettings, type YamlFault } from '../yaml-settings';

/** The settings of config.yml that have a value, by name such as `central.api_url`. */
export interface ConfigValues {
  texts: Map<string, string>;
  tags: string[];
  reRegister: boolean;
}

/** What each setting's text must be beyond being text: a check gives undefined when it is good, else what is wrong. */
const TEXTS: ReadonlyMap<string, (text: string) => string | undefined> = new Map([
  ['registration.token', anyText],
  ['agent.id', anyText],
  ['central.api_url', checkUrl],
  ['central.api_key', anyText],
  ['central.ca_file', anyText],
  ['central.ca_pin', checkPin],
  ['server.hostname', checkName],
  ['server.environment', anyText],
  ['server.datacenter', anyText],
  ['state.dir', anyText],
  ['postgresql.dsn', anyText],
]);

const TAGS = 'server.tags';
const RE_REGISTER = 'registration.re_register';

/** Takes a configuration apart. With faults, the values are incomplete. No message repeats a value: it may be a secret. */
export function parseConfigText(source: string): { values: ConfigValues; faults: YamlFault[] } {
  const { wellFormed, settings, faults } = parseYamlSettings(source, [...TEXTS.keys(), TAGS, RE_REGISTER]);
  const values: ConfigValues = { texts: new Map(), tags: [], reRegister: true };
  if (!wellFormed) return { values, faults };
  // An empty text is the same as none.
  const given = settings.filter(({ value }) => value !== null && value !== '');
  for (const { path, value, valuePosition } of given) {
    const fault = take(path, value, values);
    if (fault) faults.push({ position: valuePosition, message: `${path} ${fault}` });
  }
  const central = settings.find(({ path }) => path.startsWith('central.'))?.position ?? { line: 1, column: 1 };
  if (!given.some(({ path }) => path === 'central.api_url'))
    faults.push({ position: central, message: 'central.api_url is missing: set it to the server’s URL.' });
  if (values.texts.has('central.ca_pin') && values.texts.get('central.api_url')?.startsWith('http:'))
    faults.push({ position: central, message: 'central.ca_pin needs an https URL in central.api_url.' });
  return { values, faults: faults.toSorted(byPosition) };
}

/** Gives what is wrong with the value, if anything is. */
function take(setting: string, value: unknown, values: ConfigValues): string | undefined {
  if (setting === TAGS) return takeTags(value, values);
  return setting === RE_REGISTER ? takeReRegister(value, values) : takeText(setting, value, values);
}

function takeText(setting: string, value: unknown, values: ConfigValues): string | undefined {
  if (typeof value !== 'string') return 'must be text: put it in quotes.';
  values.texts.set(setting, value);
  return TEXTS.get(setting)?.(value);
}

function takeTags(value: unknown, values: ConfigValues): string | undefined {
  if (!Array.isArray(value) || !value.every((tag) => typeof tag === 'string'))
    return 'must be a list of texts, such as [postgres, prod].';
  values.tags = value;
  return undefined;
}

function takeReRegister(value: unknown, values: ConfigValues): string | undefined {
  if (typeof value !== 'boolean') return 'must be true or false.';
  values.reRegister = value;
  return undefined;
}

function anyText(): undefined {
  return undefined;
}

function checkUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol)) return 'must be a URL that begins with https:// or http://.';
  if (url.username || url.password) return 'must not hold a user name or password: the key goes into central.api_key.';
  if (url.search || url.hash) return 'must end with its path, without ? and #.';
  return undefined;
}

function checkPin(text: string): string | undefined {
  return /^sha256:[0-9a-f]{64}$/i.test(text) ? undefined : 'must be `sha256:` and 64 hex digits.';
}

function checkName(text: string): string | undefined {
  if (isNodeName(text)) return undefined;
  return 'must be 1 to 253 of letters, digits, dot, hyphen and underscore, and begin and end with a letter or digit.';
}

function byPosition({ position: one }: YamlFault, { position: other }: YamlFault): number {
  return one.line - other.line || one.column - other.column;
}
