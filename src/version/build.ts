import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { packageVersion } from '../package-version';

/** What is known of the build that runs. */
export interface Build {
  version: string;
  commit: string | null;
  builtAt: Date | null;
}

/** dist/build.json beside the compiled sources; sources that run by themselves have no commit and no time. */
export function readBuild(): Build {
  const file = path.join(__dirname, '../../build.json');
  if (!existsSync(file)) return { version: packageVersion(), commit: null, builtAt: null };
  const { version, commit, builtAt } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  return { version: version!, commit: commit ?? null, builtAt: new Date(builtAt!) };
}
