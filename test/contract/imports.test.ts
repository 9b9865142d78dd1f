import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');

/** What the host agent, which runs on other machines, shares with the server. */
const SHARED_WITH_HOST_AGENT = [
  'src/access/credential.ts',
  'src/certificates.ts',
  'src/durable-file.ts',
  'src/exit-code.ts',
  'src/json-text.ts',
  'src/loopback.ts',
  'src/node-name.ts',
  'src/package-version.ts',
  'src/pairing-id.ts',
  'src/safe-text.ts',
  'src/system-error.ts',
  'src/yaml-settings.ts',
];

const imports = sourceFiles().flatMap((file) => importsOf(file));

test('the imports of all sources are found', () => {
  expect(imports.length).toBeGreaterThan(300);
  expect(imports).toContainEqual({ from: 'src/schema.ts', to: 'src/access/authorization.ts' });
  // One that is loaded late, by require.
  expect(imports).toContainEqual({ from: 'src/main.ts', to: 'ormconfig.ts' });
});

test('the host agent takes nothing from the server but what knows nothing of the server: the format of credentials, the version, files, texts', () => {
  const taken = imports
    .filter(({ from, to }) => from.startsWith('src/host-agent/') && !to.startsWith('src/host-agent/'))
    .map(({ to }) => to);
  expect([...new Set(taken)].toSorted()).toEqual(SHARED_WITH_HOST_AGENT);
});

test.each(SHARED_WITH_HOST_AGENT)('%s, which the host agent shares, imports nothing of the server itself', (file) => {
  expect(imports.filter(({ from }) => from === file)).toEqual([]);
});

test('the server takes nothing from the host agent: only the command line starts it', () => {
  const takers = imports
    .filter(({ from, to }) => to.startsWith('src/host-agent/') && !from.startsWith('src/host-agent/'))
    .map(({ from }) => from);
  expect([...new Set(takers)].filter((from) => !from.startsWith('src/cli/'))).toEqual([]);
});

test('nothing in src but main.ts imports ormconfig.ts', () => {
  expect(imports.filter(({ to }) => to === 'ormconfig.ts')).not.toEqual([]);
  expect(imports.filter(({ from, to }) => to === 'ormconfig.ts' && from !== 'src/main.ts')).toEqual([]);
});

test('nothing but config.ts and what it is made of reads the environment on the side of the server', () => {
  const readers = sourceFiles()
    .filter((file) => !/^src\/(cli|host-agent|config|console)\//.test(file))
    .filter((file) => readFileSync(path.join(ROOT, file), 'utf8').includes('process.env'));
  expect(readers).toEqual([]);
});

/** What opens connections or starts programs; of the same modules also what only reads or is called, which is left out below. */
const OUTWARD =
  /^import (?!type )\{?([^;]*?)\}? from '(?:node:(?:child_process|cluster|dgram|dns|dns\/promises|http|http2|https|net|tls|worker_threads)|pg|undici)';/gm;
const REACHES_NOTHING = new Set(
  `isIP isIPv4 isIPv6 BlockList SocketAddress STATUS_CODES ServerResponse createServer createSecureContext rootCertificates`.split(
    ' ',
  ),
);

/** What a source of the server reaches out with. */
function outward(source: string): string[] {
  const imported = [...source.matchAll(OUTWARD)].flatMap(([, names]) => names!.split(',').map((name) => name.trim()));
  const used = [...source.matchAll(/\b(?:fetch|WebSocket|EventSource)(?=\()|\bimport(?=\()/g)].map(([name]) => name);
  const reaching = imported.filter((name) => !name.startsWith('type ') && !REACHES_NOTHING.has(name.split(' as ')[0]!));
  return [...reaching, ...used];
}

test('of the server only what keeps the database can open a connection or start a program: no request can make it do so', () => {
  expect(outward("import { connect, isIP } from 'node:net';\nimport type { Client } from 'pg';\nfetch(url)")).toEqual([
    'connect',
    'fetch',
  ]);
  const reaching = sourceFiles()
    .filter((file) => !/^src\/(cli|console|host-agent)\//.test(file))
    .filter((file) => outward(readFileSync(path.join(ROOT, file), 'utf8')).length > 0);
  expect(reaching).toContain('src/database/wait.ts');
  // It looks up where to listen, before there is a request.
  const lookup = 'src/transport/localhost.ts';
  expect(reaching.filter((file) => !file.startsWith('src/database/') && file !== lookup)).toEqual([]);
});

function sourceFiles(): string[] {
  return readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .map((file) => path.posix.join('src', file.split(path.sep).join('/')))
    .filter((file) => /\.(ts|tsx)$/.test(file));
}

/** Our own files that a file imports, re-exports or requires, for their types too. */
function importsOf(file: string): { from: string; to: string }[] {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport|\brequire\()\s*\(?'(\.[^']*)'/g)].map(
    ([, specifier]) => specifier!,
  );
  return specifiers.map((specifier) => ({ from: file, to: resolved(file, specifier) }));
}

function resolved(file: string, specifier: string): string {
  const place = path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier));
  const candidates = [`${place}.ts`, `${place}.tsx`, `${place}/index.ts`];
  return candidates.find((candidate) => existsSync(path.join(ROOT, candidate))) ?? place;
}
