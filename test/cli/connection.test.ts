import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CredentialKind, makeCredential } from '../../src/access/credential';
import { resolveConnection, type ConnectionOptions } from '../../src/cli/connection';
import { ExitCode } from '../../src/exit-code';
import { isInTheClear } from '../../src/loopback';
import { temporaryFolder, writeKey } from './rollcall-process';
import { certificate } from './self-signed';

const folder = temporaryFolder();
const dataDir = join(folder, 'data');
const userFolder = join(folder, '.config', 'rollcall');
mkdirSync(dataDir);
mkdirSync(userFolder, { recursive: true });
const adminKey = writeKey(join(dataDir, 'admin.key'));
const flagKey = writeKey(join(folder, 'flag.key'));
const environmentKey = writeKey(join(folder, 'environment.key'));
const userKey = writeKey(join(userFolder, 'user.key'));
const valueKey = makeCredential(CredentialKind.USER_KEY).text;
const environment = { HOME: folder, ROLLCALL_DATA_DIR: dataDir };

function resolve(options: Partial<ConnectionOptions> = {}, variables: Record<string, string> = {}) {
  return resolveConnection({ timeout: 10, ...options }, { ...environment, ...variables });
}

function writeUserFile(contents: string): void {
  writeFileSync(join(userFolder, 'cli.yaml'), contents);
}

beforeEach(() => writeUserFile(''));

describe('the server that is asked', () => {
  it('is one on this machine, with its own key, when nothing is said', () => {
    expect(resolve()).toEqual({ url: 'http://127.0.0.1:8080', key: adminKey, ca: null, timeoutSeconds: 10 });
  });

  it.each<[Record<string, string>, string]>([
    [{ ROLLCALL_PORT: '18321', ROLLCALL_BASE_PATH: '/pmp' }, 'http://127.0.0.1:18321/pmp'],
    [{ ROLLCALL_HOST: '0.0.0.0' }, 'http://127.0.0.1:8080'],
    [{ ROLLCALL_HOST: '::' }, 'http://[::1]:8080'],
    [{ ROLLCALL_TLS_CERT: '/cert.pem', ROLLCALL_TLS_KEY: '/key.pem' }, 'https://127.0.0.1:8080'],
  ])('is the one that the settings %j make the server on this machine', (settings, url) => {
    expect(resolve({}, settings)).toMatchObject({ url, key: adminKey });
  });

  it.each([
    ['are faulty', 'many', /environment ROLLCALL_PORT: must be a whole number/],
    ['leave the port open', '0', /name its URL with --url or ROLLCALL_URL/],
  ])('is not guessed when the settings of the machine %s', (_, ROLLCALL_PORT, message) => {
    expect(() => resolve({}, { ROLLCALL_PORT })).toThrow(message);
    expect(resolve({ keyFile: join(folder, 'flag.key') }, { ROLLCALL_PORT, ROLLCALL_URL: 'http://h' }).url).toBe(
      'http://h',
    );
  });

  it('comes from the flag, else the environment, else the file of the user', () => {
    writeUserFile('url: http://localhost:3/');
    expect(resolve().url).toBe('http://localhost:3');
    expect(resolve({}, { ROLLCALL_URL: '' }).url).toBe('http://localhost:3');
    expect(resolve({}, { ROLLCALL_URL: 'http://localhost:2' }).url).toBe('http://localhost:2');
    expect(resolve({ url: 'http://localhost:1/pmp/' }, { ROLLCALL_URL: 'http://localhost:2' }).url).toBe(
      'http://localhost:1/pmp',
    );
  });

  it.each([
    'rollcall.example',
    'ftp://host',
    'http://user:hunter2@host',
    'http://host/?a=hunter2',
    'http://host/#a',
    '',
  ])('is no %j, and the text is not repeated', (url) => {
    expect(() => resolve({ url })).toThrow(expect.objectContaining({ exitCode: ExitCode.USAGE }));
    expect(() => resolve({ url })).not.toThrow(/hunter2/);
  });

  it('is known to be reached in the clear when http leaves the machine', () => {
    expect(isInTheClear('http://rollcall.example')).toBe(true);
    expect(isInTheClear('https://rollcall.example')).toBe(false);
    expect(isInTheClear('http://[::1]:8080')).toBe(false);
  });
});

describe('the key', () => {
  it('comes from the flag, else the environment’s key, else its key file, else the file of the user, else the machine', () => {
    const variables = { ROLLCALL_KEY: valueKey, ROLLCALL_KEY_FILE: join(folder, 'environment.key') };
    writeUserFile('key_file: user.key');
    expect(resolve({ keyFile: join(folder, 'flag.key') }, variables).key).toBe(flagKey);
    expect(resolve({}, variables).key).toBe(valueKey);
    expect(resolve({}, { ...variables, ROLLCALL_KEY: '' }).key).toBe(environmentKey);
    expect(resolve().key).toBe(userKey);
    writeUserFile('key_file: ~/flag.key');
    expect(resolve().key).toBe(flagKey);
    writeUserFile('');
    expect(resolve().key).toBe(adminKey);
  });

  it('of the machine is where ROLLCALL_ADMIN_KEY_FILE says', () => {
    expect(resolve({}, { ROLLCALL_ADMIN_KEY_FILE: join(folder, 'flag.key') }).key).toBe(flagKey);
  });

  it('of the machine never goes to another one', () => {
    expect(() => resolve({ url: 'https://rollcall.example' })).toThrow(
      expect.objectContaining({
        exitCode: ExitCode.AUTHENTICATION,
        message: 'No key was given: name its file with --key-file or ROLLCALL_KEY_FILE.',
      }),
    );
  });

  it('is missed with the place where it was looked for', () => {
    expect(() => resolve({}, { ROLLCALL_DATA_DIR: folder })).toThrow(`there is none at ${folder}/admin.key`);
  });

  it.each([
    ['that is not there', join(folder, 'none.key'), /none\.key cannot be read \(ENOENT\)/],
    ['that is a folder', folder, /cannot be read \(EISDIR\)/],
  ])('is refused from a file %s', (_, keyFile, message) => {
    expect(() => resolve({ keyFile })).toThrow(message);
  });

  it('is refused when it was mangled, and is not repeated', () => {
    const mangled = `${valueKey.slice(0, -1)}${valueKey.endsWith('0') ? '1' : '0'}`;
    const attempt = () => resolve({}, { ROLLCALL_KEY: mangled });
    expect(attempt).toThrow(expect.objectContaining({ exitCode: ExitCode.AUTHENTICATION }));
    expect(attempt).toThrow('The value of ROLLCALL_KEY is not a key of Rollcall: check that it was copied whole.');
  });

  it('is refused when it is a registration token', () => {
    const { text } = makeCredential(CredentialKind.REGISTRATION_TOKEN);
    expect(() => resolve({}, { ROLLCALL_KEY: text })).toThrow(/is a registration token, which only enrols agents/);
  });
});

describe('the CA', () => {
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, certificate);

  it('comes from the flag, else the environment, else the file of the user', () => {
    writeUserFile(`ca_file: ${caFile}`);
    expect(resolve().ca).toBe(certificate);
    expect(() => resolve({}, { ROLLCALL_CA_FILE: '/none/b' })).toThrow('/none/b cannot be read');
    expect(() => resolve({ caFile: '/none/a' }, { ROLLCALL_CA_FILE: '/none/b' })).toThrow('/none/a cannot be read');
  });

  it('is refused from a file without a certificate', () => {
    expect(() => resolve({ caFile: join(folder, 'flag.key') })).toThrow(/holds no certificate in PEM/);
  });
});

describe('the file of the user', () => {
  it('is found by XDG_CONFIG_HOME when that is absolute', () => {
    const other = join(folder, 'xdg', 'rollcall');
    mkdirSync(other, { recursive: true });
    writeFileSync(join(other, 'cli.yaml'), 'url: http://localhost:9');
    expect(resolve({}, { XDG_CONFIG_HOME: join(folder, 'xdg') }).url).toBe('http://localhost:9');
    expect(resolve({}, { XDG_CONFIG_HOME: 'xdg' }).url).toBe('http://127.0.0.1:8080');
  });

  it('is refused with all that is wrong in it', () => {
    writeUserFile('url: 8080\nkeyfile: x\n');
    expect(() => resolve()).toThrow(expect.objectContaining({ exitCode: ExitCode.USAGE }));
    expect(() => resolve()).toThrow(
      /cli\.yaml:2: unknown setting keyfile; did you mean key_file\?.*cli\.yaml:1: url: must be a text/,
    );
  });
});
