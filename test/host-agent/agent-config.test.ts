import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ExitCode } from '../../src/exit-code';
import { AgentFailure } from '../../src/host-agent/agent-failure';
import { readAgentConfig, type AgentConfig } from '../../src/host-agent/agent-config';
import { isInTheClear } from '../../src/loopback';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rollcall-agent-'));
  file = path.join(folder, 'config.yml');
});

afterEach(() => rmSync(folder, { recursive: true }));

function read(text: string): AgentConfig {
  writeFileSync(file, text);
  return readAgentConfig(file);
}

/** The faults, one a line, without the file's name. */
function faultsOf(text: string): string[] {
  try {
    read(text);
  } catch (error) {
    if (!(error instanceof AgentFailure) || error.exitCode !== ExitCode.USAGE) throw error;
    return error.message.split('\n').map((line) => line.replace(`${file}:`, ''));
  }
  return [];
}

test('reads every setting, with paths beside the file', () => {
  const pin = 'AB'.repeat(32);
  const config = read(`
registration: { token: rct_t, re_register: false }
agent: { id: "" }
central:
  api_url: "https://host:8443/pmp/"
  api_key: rca_k
  ca_file: ca.pem
  ca_pin: "sha256:${pin}"
server:
  hostname: db1
  environment: RUN
  datacenter: eu-west
  tags: [postgres, prod]
state:
  dir: ./elsewhere
postgresql:
  dsn: postgres://x
`);
  expect(config).toEqual({
    file,
    token: 'rct_t',
    reRegister: false,
    agentId: undefined,
    apiUrl: 'https://host:8443/pmp',
    apiKey: 'rca_k',
    caFile: path.join(folder, 'ca.pem'),
    caPin: pin.toLowerCase(),
    hostname: 'db1',
    environment: 'RUN',
    datacenter: 'eu-west',
    tags: ['postgres', 'prod'],
    stateFolder: path.join(folder, 'elsewhere'),
    postgresqlDsn: 'postgres://x',
  });
});

test('keeps its state beside the file, by the file’s name, unless told otherwise', () => {
  expect(read('central: {api_url: "http://h"}').stateFolder).toBe(path.join(folder, 'config.state'));
});

test('asks again after its key was refused unless told otherwise', () => {
  expect(read('central: {api_url: "http://h"}').reRegister).toBe(true);
});

test('tells all faults at once, each with line and column', () => {
  const faults = faultsOf(`centrall:
  api_url: "http://h"
central:
  api_url: "ftp://h"
  api_kee: x
  ca_pin: sha256:12
server:
  hostname: -x
  tags: prod
  datacenter: 7
agent: 3
registration:
  re_register: "no"
`);
  expect(faults).toEqual([
    '1:1: unknown setting centrall; did you mean central?',
    '4:12: central.api_url must be a URL that begins with https:// or http://.',
    '5:3: unknown setting central.api_kee; did you mean central.api_key?',
    '6:11: central.ca_pin must be `sha256:` and 64 hex digits.',
    expect.stringMatching(/^8:13: server\.hostname must be 1 to 253/),
    expect.stringMatching(/^9:9: server\.tags must be a list/),
    '10:15: server.datacenter must be text: put it in quotes.',
    expect.stringMatching(/^11:1: agent: must be a section, with settings such as id /),
    '13:16: registration.re_register must be true or false.',
  ]);
});

test('tells where the YAML breaks, without quoting the line', () => {
  const faults = faultsOf('central:\n  api_key: "rca_secret\n  api_url: x: y\n');
  expect(faults.length).toBeGreaterThan(0);
  for (const fault of faults) expect(fault).toMatch(/^[1-4]:\d+: is not valid YAML \(/);
  expect(faults.join()).not.toContain('rca_secret');
});

test('does not repeat a secret that stands where a name belongs', () => {
  const secret = `rct_${'x'.repeat(60)}`;
  const faults = faultsOf(`registration:\n  ${secret}: ""\n${secret}: 1\ncentral: {api_url: "http://h"}\n`);
  expect(faults).toHaveLength(2);
  expect(faults.join()).not.toContain(secret);
});

test.each([
  ['', '1:1'],
  ['central:\n  api_key: x\n', '2:3'],
  ['central:\n  api_url: ""\n', '2:3'],
])('misses the server’s URL in %j', (text, place) => {
  expect(faultsOf(text)).toEqual([`${place}: central.api_url is missing: set it to the server’s URL.`]);
});

test('refuses credentials in the URL without repeating them', () => {
  const faults = faultsOf('central: {api_url: "https://me:secret@h"}');
  expect(faults).toEqual([expect.stringContaining('user name or password')]);
  expect(faults.join()).not.toContain('secret@');
});

test('refuses a pin where there is no TLS to verify', () => {
  const faults = faultsOf(`central: {api_url: "http://h", ca_pin: "sha256:${'0'.repeat(64)}"}`);
  expect(faults).toEqual([expect.stringContaining('needs an https URL')]);
});

test('says that the file cannot be read', () => {
  expect(() => readAgentConfig(path.join(folder, 'none.yml'))).toThrow(/none\.yml cannot be read \(ENOENT\)/);
});

test.each([
  ['http://127.0.0.1:8080', false],
  ['http://127.1.2.3', false],
  ['http://[::1]:8080', false],
  ['http://localhost', false],
  ['https://rollcall.example', false],
  ['http://rollcall.example', true],
  ['http://10.0.0.1', true],
  ['http://127.0.0.1.example', true],
])('knows whether secrets cross a network readably: %s, %s', (url, inClear) => {
  expect(isInTheClear(read(`central: {api_url: "${url}"}`).apiUrl)).toBe(inClear);
});
