import { isNodeName } from './node-name';

/** The sections of config.yml and the settings in each. */
export const SETTINGS: ReadonlyMap<string, string[]> = new Map([
  ['registration', ['token']],
  ['agent', ['id']],
  ['central', ['api_url', 'api_key', 'ca_file', 'ca_pin']],
  ['server', ['hostname', 'environment', 'datacenter', 'tags']],
  ['state', ['dir']],
  ['postgresql', ['dsn']],
]);

/** What a setting's text must be beyond being text: undefined when it is good, else what is wrong. */
export const CHECKS: ReadonlyMap<string, (text: string) => string | undefined> = new Map([
  ['central.api_url', checkUrl],
  ['central.ca_pin', checkPin],
  ['server.hostname', checkName],
]);

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
