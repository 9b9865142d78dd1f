import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { readSettingsFile } from '../config/file';
import { usageFailure } from './failure';

/** What a user may keep in `~/.config/rollcall/cli.yaml`; paths are absolute. */
export interface UserFile {
  url?: string;
  keyFile?: string;
  caFile?: string;
}

/** What `--help` says of it. */
export const USER_FILE_HELP =
  'Your own defaults stand in ~/.config/rollcall/cli.yaml: url, key_file, ca_file. Options and environment overrule them.';

const NAMES = { url: 'url', key_file: 'keyFile', ca_file: 'caFile' } as const;

export function readUserFile(environment: NodeJS.ProcessEnv): UserFile {
  const file = userFilePath(environment);
  const contents = readSettingsFile(file, Object.keys(NAMES));
  const settings: UserFile = {};
  const faults = (contents?.faults ?? []).map(({ place, message }) => `${place}: ${message}`);
  for (const { path, value, place } of contents?.entries ?? []) {
    if (typeof value !== 'string' || value === '' || !isName(path)) faults.push(`${place}: ${path}: must be a text`);
    else settings[NAMES[path]] = path === 'url' ? value : absolute(value, file, environment);
  }
  if (faults.length > 0) throw usageFailure(`Your settings are not good: ${faults.join('; ')}.`);
  return settings;
}

function userFilePath(environment: NodeJS.ProcessEnv): string {
  const { XDG_CONFIG_HOME: configured } = environment;
  // The XDG specification wants relative paths ignored.
  const folder = configured && isAbsolute(configured) ? configured : join(home(environment), '.config');
  return join(folder, 'rollcall', 'cli.yaml');
}

/** Relative paths are meant from the file in which they stand. */
function absolute(path: string, file: string, environment: NodeJS.ProcessEnv): string {
  return resolve(dirname(file), path.replace(/^~(?=\/)/, home(environment)));
}

function home(environment: NodeJS.ProcessEnv): string {
  return environment['HOME'] || homedir();
}

function isName(path: string): path is keyof typeof NAMES {
  return path in NAMES;
}
