import { readSettingsFile, type Fault, type FileContents } from './file';
import { settings, type Setting } from './settings';

/** Where settings come from, beside their defaults. */
export interface Sources {
  /** By name of the flag, without dashes: `{ 'base-path': '/pmp' }`. */
  flags?: Record<string, string | undefined>;
  /** A file that must exist; it takes the place of the system's. */
  configFile?: string;
  /** The file that is read when it exists. */
  systemFile?: string;
  environment?: NodeJS.ProcessEnv;
}

/** A setting as it holds, for people. */
export interface EffectiveSetting {
  path: string;
  value: string;
  origin: string;
}

/** Reads settings one by one, and gathers what is wrong with any of them. */
export interface SettingsReader {
  read<T>(setting: Setting<T>): T;
  effective: EffectiveSetting[];
  faults: Fault[];
}

export const SYSTEM_FILE = '/etc/rollcall/server.yaml';

interface Candidate {
  given: unknown;
  place: string;
  /** The name that the place does not tell yet. */
  name: string;
}

/** Defaults < file < environment < flags. Every source is checked, also where another one overrules it. */
export function settingsReader({ flags = {}, environment = process.env, ...files }: Sources): SettingsReader {
  const file = readFile(files);
  const reader: SettingsReader = { effective: [], faults: [...file.faults], read };
  return reader;

  function read<T>(setting: Setting<T>): T {
    let value = setting.default();
    let origin = 'default';
    for (const candidate of candidates(setting)) {
      const parsed = setting.schema.safeParse(candidate.given);
      if (!parsed.success) {
        reader.faults.push({ place: candidate.place, message: `${candidate.name}must be ${setting.range}` });
        continue;
      }
      value = parsed.data;
      origin = candidate.place;
    }
    reader.effective.push({ path: setting.path, origin, value: shown(setting, value, origin) });
    return value;
  }

  function candidates<T>(setting: Setting<T>): Candidate[] {
    const inFile = file.entries.find(({ path, value }) => path === setting.path && value !== null);
    const inEnvironment = environment[setting.environment];
    const flag = setting.flag === undefined ? undefined : flags[setting.flag];
    const found: Candidate[] = [];
    if (inFile) found.push({ given: inFile.value, place: inFile.place, name: `${setting.path}: ` });
    // Empty is how a composed environment says that something is not set.
    if (inEnvironment) found.push(asText(inEnvironment, `environment ${setting.environment}`));
    if (flag !== undefined) found.push(asText(flag, `--${setting.flag}`));
    return found;

    function asText(text: string, place: string): Candidate {
      return { given: setting.fromText(text), place, name: '' };
    }
  }
}

function readFile({ configFile, systemFile = SYSTEM_FILE }: Pick<Sources, 'configFile' | 'systemFile'>): FileContents {
  const known = Object.values(settings).map(({ path }) => path);
  const contents = readSettingsFile(configFile ?? systemFile, known);
  if (contents) return contents;
  return {
    entries: [],
    faults: configFile === undefined ? [] : [{ place: configFile, message: 'there is no such file' }],
  };
}

function shown<T>(setting: Setting<T>, value: T, origin: string): string {
  const isWords = origin === 'default' && (value === null || value === '');
  return isWords ? (setting.defaultText ?? '').replaceAll('`', '') : setting.show(value);
}
