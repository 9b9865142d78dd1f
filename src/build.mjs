// Builds what runs into dist: the server (tsc), the console (Vite) and build.json, which says what was built.
//   node src/build.mjs              everything, from nothing
//   node src/build.mjs --if-stale   only what is older than its sources; nothing when the build tools are not installed

import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'src');
const dist = join(root, 'dist');
const consoleSource = join(source, 'console');
const shared = [join(source, 'build.mjs'), join(root, 'package.json'), join(root, 'package-lock.json')];

const server = {
  name: 'server',
  stamp: join(dist, '.server-built'),
  inputs: () => [
    ...filesBelow(source, consoleSource),
    join(root, 'ormconfig.ts'),
    join(root, 'tsconfig.json'),
    ...shared,
  ],
  build: buildServer,
};
const webConsole = {
  name: 'console',
  stamp: join(dist, '.console-built'),
  inputs: () => [...filesBelow(consoleSource), ...shared],
  build: buildConsole,
};
const parts = [server, webConsole];

const onlyIfStale = process.argv.includes('--if-stale');
if (onlyIfStale && !hasBuildTools()) requireCompleteBuild();
else await build(onlyIfStale ? parts.filter(isStale) : parts);

async function build(chosen) {
  if (chosen.length === 0) return;
  if (!hasBuildTools())
    fail('The build tools are not installed: run "npm ci" with the development dependencies, then try again.');
  const startedAt = new Date();
  // Whatever ends a build early leaves it to be done again.
  for (const { stamp } of chosen) rmSync(stamp, { force: true });
  if (!onlyIfStale) rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  const description = await describeBuild(startedAt);
  const outcomes = await Promise.allSettled(chosen.map((part) => buildPart(part, description)));
  const faults = outcomes.flatMap(({ reason }, index) =>
    reason ? [`The ${chosen[index].name} was not built.\n${faultText(reason)}`] : [],
  );
  if (faults.length > 0) fail(faults.join('\n'));
  const seconds = ((Date.now() - startedAt.getTime()) / 1000).toFixed(1);
  console.log(`Built the ${chosen.map(({ name }) => name).join(' and the ')} in ${seconds} s.`);
}

/** Leaves the stamp last: where it is, all that it stands for is there too. */
async function buildPart(part, description) {
  await part.build();
  writeFileSync(join(dist, 'build.json'), `${JSON.stringify(description, null, 2)}\n`);
  writeStamp(part.stamp, new Date(description.builtAt));
}

async function buildServer() {
  const compiler = require.resolve('typescript/package.json').replace(/package\.json$/, join('bin', 'tsc'));
  await run(process.execPath, [compiler, '-p', source, '--pretty', 'false'], { cwd: root });
  // npx runs it as the program that it is; the compiler makes no file executable.
  chmodSync(join(dist, 'src', 'main.js'), 0o755);
  removeOrphans();
}

async function buildConsole() {
  const { build: bundle } = await import('vite');
  await bundle({ configFile: join(consoleSource, 'vite.config.mts') });
}

/** Removes compiled files whose source is gone: the incremental compiler leaves them. */
function removeOrphans() {
  for (const output of filesBelow(join(dist, 'src'))) {
    const compiled = output.slice(dist.length);
    if (compiled.endsWith('.js') && !existsSync(join(root, compiled.replace(/\.js$/, '.ts')))) {
      rmSync(output);
      rmSync(`${output}.map`, { force: true });
    }
  }
}

async function describeBuild(startedAt) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return { version, commit: await currentCommit(), builtAt: startedAt.toISOString() };
}

/** The short hash of the commit that is checked out; null outside a git checkout. */
async function currentCommit() {
  if (!existsSync(join(root, '.git'))) return null;
  try {
    return (await run('git', ['rev-parse', '--short', 'HEAD'], { cwd: root })).stdout.trim();
  } catch {
    return null;
  }
}

function isStale({ stamp, inputs }) {
  const builtAt = modifiedAt(stamp);
  return inputs().some((input) => modifiedAt(input) > builtAt);
}

function isBuilt({ stamp }) {
  return existsSync(stamp);
}

/** When the file was last changed, in ms; 0 when there is none. */
function modifiedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** The stamp bears the time when the build began: what is edited meanwhile is newer. */
function writeStamp(stamp, startedAt) {
  writeFileSync(stamp, '');
  utimesSync(stamp, startedAt, startedAt);
}

/** All files below the folder and its folders themselves, whose time changes when a file is removed from them. */
function filesBelow(folder, except) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true }).map((entry) => ({
    entry,
    path: join(folder, entry.name),
  }));
  return [
    folder,
    ...entries.flatMap(({ entry, path }) => {
      if (path === except) return [];
      return entry.isDirectory() ? filesBelow(path, except) : [path];
    }),
  ];
}

function hasBuildTools() {
  return ['typescript', 'vite'].every((name) => existsSync(join(root, 'node_modules', name, 'package.json')));
}

/** Where only what runs is installed, a complete dist came with it, whatever the times of its files say. */
function requireCompleteBuild() {
  const missing = parts.filter((part) => !isBuilt(part)).map(({ name }) => name);
  if (missing.length === 0) return;
  fail(
    `The ${missing.join(' and the ')} of Rollcall is not built: run "npm ci" with the development dependencies, then "npm run build".`,
  );
}

function faultText({ stdout, stderr, message }) {
  return [stdout, stderr].filter(Boolean).join('\n').trim() || message;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
