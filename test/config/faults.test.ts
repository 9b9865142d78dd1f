import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadConfig, type Sources } from '../../src/config';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-faults-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, contents: string): string {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
}

/** The sources of a test never include those of the machine that runs it. */
function load(sources: Sources): void {
  loadConfig({ environment: {}, systemFile: join(folder, 'absent.yaml'), ...sources });
}

function faults(sources: Sources): string[] {
  try {
    load(sources);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(`${folder}/`, '').split('\n');
    throw error;
  }
  return [];
}

describe('the lives of API keys', () => {
  it.each([
    [
      'a minimum beyond the maximum',
      { MINIMUM: '60d', MAXIMUM: '30d' },
      'MINIMUM',
      'api_key.minimum_ttl must not exceed api_key.maximum_ttl',
    ],
    [
      'a default beyond the maximum',
      { DEFAULT: '31d', MAXIMUM: '30d' },
      'DEFAULT',
      'api_key.default_ttl must lie between api_key.minimum_ttl and api_key.maximum_ttl',
    ],
    [
      'a default below the minimum',
      { DEFAULT: '59s' },
      'DEFAULT',
      'api_key.default_ttl must lie between api_key.minimum_ttl and api_key.maximum_ttl',
    ],
  ])('with %s are refused', (_, lives, name, message) => {
    const environment = Object.fromEntries(
      Object.entries(lives).map(([life, value]) => [`ROLLCALL_API_KEY_${life}_TTL`, value]),
    );
    expect(faults({ environment })).toEqual([`environment ROLLCALL_API_KEY_${name}_TTL: ${message}`]);
  });

  it('with a maximum below the default are refused, too: the default is to be set with it', () => {
    expect(faults({ environment: { ROLLCALL_API_KEY_MAXIMUM_TTL: '30d' } })).toEqual([
      'default: api_key.default_ttl must lie between api_key.minimum_ttl and api_key.maximum_ttl',
    ]);
    expect(
      faults({ environment: { ROLLCALL_API_KEY_MAXIMUM_TTL: '30d', ROLLCALL_API_KEY_DEFAULT_TTL: '30d' } }),
    ).toEqual([]);
  });
});

describe('a fault', () => {
  it.each<[string, string, string]>([
    ['a number out of range', 'port: 65536', 'f.yaml:1: port: must be a whole number from 0 to 65535'],
    ['a text for a number', 'port: "80"', 'f.yaml:1: port: must be a whole number from 0 to 65535'],
    ['a fraction', 'port: 80.5', 'f.yaml:1: port: must be a whole number from 0 to 65535'],
    [
      'a text for a truth',
      'graphql:\n  anonymous_introspection: yes',
      'f.yaml:2: graphql.anonymous_introspection: must be true or false',
    ],
    [
      'a number for a duration',
      '\nagent_key_ttl: 3600',
      'f.yaml:2: agent_key_ttl: must be a length of time from 1h to 3650d, such as 90s, 15m, 12h or 30d',
    ],
    [
      'a duration out of range',
      'agent_key_ttl: 59m',
      'f.yaml:1: agent_key_ttl: must be a length of time from 1h to 3650d, such as 90s, 15m, 12h or 30d',
    ],
    [
      'a value that is none of the choices',
      'log_level: loud',
      'f.yaml:1: log_level: must be one of trace, debug, info, warn, error, fatal',
    ],
    [
      'a scalar for a section',
      'database: embedded',
      'f.yaml:1: database: must be a section, with settings such as url in lines of their own below it',
    ],
    ['a section for a scalar', 'port:\n  from: 1', 'f.yaml:1: port: must be a whole number from 0 to 65535'],
    ['an unknown name', 'prot: 80', 'f.yaml:1: unknown setting prot; did you mean port?'],
    ['a known name in another style', 'logLevel: info', 'f.yaml:1: unknown setting logLevel; did you mean log_level?'],
    [
      'a name whose section was forgotten',
      'pool_size: 2',
      'f.yaml:1: unknown setting pool_size; did you mean database.pool_size?',
    ],
    [
      'an unknown name in a section',
      'sync:\n  minimal_interval: 1s\n',
      'f.yaml:2: unknown setting sync.minimal_interval; did you mean sync.minimum_interval?',
    ],
    ['an unknown section', 'databse:\n  url: x', 'f.yaml:1: unknown setting databse; did you mean database?'],
    ['a name like nothing known', 'colour: blue', 'f.yaml:1: unknown setting colour'],
    ['a list instead of settings', '- port', 'f.yaml:1: must hold settings, each as "name: value"'],
    ['broken YAML', 'host: ::1\nport: [1', 'f.yaml:2:9: is not valid YAML (bad indent)'],
    ['a setting given twice', 'port: 1\nport: 2', 'f.yaml:2:1: is not valid YAML (duplicate key)'],
  ])('of the file: %s is told with its place', (_, contents, expected) => {
    expect(faults({ configFile: file('f.yaml', contents) })).toEqual([expected]);
  });

  it.each<[string, string, string]>([
    ['ROLLCALL_PORT', '80a', 'must be a whole number from 0 to 65535'],
    ['ROLLCALL_PORT', '-1', 'must be a whole number from 0 to 65535'],
    ['ROLLCALL_PORT', '0x50', 'must be a whole number from 0 to 65535'],
    ['ROLLCALL_HOST', '[::1]', 'must be an IP address or a host name, without brackets'],
    ['ROLLCALL_GRAPHQL_ANONYMOUS_INTROSPECTION', '1', 'must be true or false'],
    ['ROLLCALL_SYNC_MINIMUM_INTERVAL', '16m', 'must be a length of time from 1s to 15m, such as 90s, 15m, 12h or 30d'],
    ['ROLLCALL_TRUSTED_PROXIES', '10.0.0.0/33', expect.stringMatching(/^must be a list of IP addresses/)],
    ['ROLLCALL_TRUSTED_PROXIES', '10.0.0.1,', expect.stringMatching(/^must be a list of IP addresses/)],
    ['ROLLCALL_TRUSTED_PROXIES', 'proxy.example', expect.stringMatching(/^must be a list of IP addresses/)],
    ['ROLLCALL_ENCRYPTION_KEY_FILE', 'encryption.key', 'must be an absolute path'],
    ['ROLLCALL_ENCRYPTION_KEY_FILE', './encryption.key', 'must be an absolute path'],
    ['DATABASE_URL', 'mysql://localhost/roll', expect.stringMatching(/^must be a postgres:/)],
    ['DATABASE_URL', 'localhost:5432', expect.stringMatching(/^must be a postgres:/)],
    ['DATABASE_URL', 'postgres://u:half%@h/db', expect.stringMatching(/^must be a postgres:/)],
  ])('of the environment: %s=%s is told with its name', (name, value, message) => {
    const error = new Error('loaded');
    const thrown = () => {
      load({ environment: { [name]: value } });
      throw error;
    };
    expect(thrown).toThrow(ConfigError);
    expect(thrown).toThrow(expect.objectContaining({ faults: [{ place: `environment ${name}`, message }] }));
  });

  it.each(['/', '/pmp/', 'pmp', '/a//b', '/..', '/a/./b', '/a b', '/ä', '/a?b', '/%70'])(
    'of a flag: --base-path %s is told with its name',
    (given) => {
      expect(faults({ flags: { 'base-path': given } })).toEqual([
        expect.stringMatching(/^--base-path: must be empty or/),
      ]);
    },
  );

  it('is told together with all others, also where another source overrules it', () => {
    const configFile = file('many.yaml', 'port: x\nnode: 1\ndatabase:\n  pool_size: 0\n');
    const environment = { ROLLCALL_PORT: 'y', ROLLCALL_LOG_LEVEL: 'z' };
    const places = faults({ configFile, environment, flags: { port: 'w' } }).map((fault) => fault.split(': ')[0]);
    expect(places).toHaveLength(6);
    expect(new Set(places)).toEqual(
      new Set([
        '--port',
        'environment ROLLCALL_LOG_LEVEL',
        'environment ROLLCALL_PORT',
        'many.yaml:1',
        'many.yaml:2',
        'many.yaml:4',
      ]),
    );
  });

  it('is a given file that is not there or is a folder, and not an absent one of the system', () => {
    expect(faults({ configFile: join(folder, 'none.yaml') })).toEqual(['none.yaml: there is no such file']);
    expect(faults({ configFile: `${folder}/.` })).toEqual(['.: is a folder, not a file']);
    expect(faults({})).toEqual([]);
  });

  it('is not an unknown variable of the environment', () => {
    expect(faults({ environment: { ROLLCALL_PROT: '1' } })).toEqual([]);
  });

  it.each([
    ['a value of a wrong type', 'database:\n  url: [hunter2]\n'],
    ['a URL that is none', 'database:\n  url: "postgres://u:hunter2#x@h:a/db"\n'],
    ['a broken line', 'database:\n  url: "postgres://u:hunter2@h/db\n'],
    ['a misplaced colon', 'database:\n  url: postgres: hunter2: 3\n'],
    ['a key that could be a secret', '"postgres://u:hunter2@h/db": 1\n'],
    ['an escape that is none', 'database:\n  url: "hunter2\\q"\n'],
    ['a token that YAML does not know', 'database:\n  url: "a" hunter2\n'],
  ])('never repeats what was given: %s', (_, contents) => {
    const told = faults({ configFile: file('secret.yaml', contents) });
    expect(told).not.toEqual([]);
    expect(told.join()).not.toContain('hunter2');
  });
});
