import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const DEADLINE = 3_000;

/** Where distributions put the programs of each major version: Debian's and the PostgreSQL project's rpm packages. */
const PACKAGE_FOLDERS = [
  { parent: '/usr/lib/postgresql', version: /^(\d+)$/ },
  { parent: '/usr', version: /^pgsql-(\d+)$/ },
];

/** The version of the PostgreSQL that is installed here: of the newest `postgres`, else of `psql`; undefined when there is neither. */
export async function localPostgreSqlVersion(): Promise<string | undefined> {
  for (const program of ['postgres', ...packagedPrograms('postgres'), 'psql', ...packagedPrograms('psql')]) {
    const version = await versionOf(program);
    if (version) return version;
  }
  return undefined;
}

/** The number out of `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` and its like. */
export function programVersion(output: string): string | undefined {
  return /\(PostgreSQL\) (\d[\w.]*)/.exec(output)?.[1];
}

async function versionOf(program: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(program, ['--version'], { timeout: DEADLINE });
    return programVersion(stdout);
  } catch {
    return undefined;
  }
}

function packagedPrograms(name: string): string[] {
  return PACKAGE_FOLDERS.flatMap(({ parent, version }) => versionsIn(parent, version))
    .toSorted((one, other) => other.major - one.major)
    .map(({ folder }) => path.join(folder, 'bin', name));
}

function versionsIn(parent: string, version: RegExp): { major: number; folder: string }[] {
  if (!existsSync(parent)) return [];
  return readdirSync(parent).flatMap((name) => {
    const major = version.exec(name)?.[1];
    return major === undefined ? [] : [{ major: Number(major), folder: path.join(parent, name) }];
  });
}
