import type { Command } from 'commander';
import type { Sources } from '../config';
import { settings } from '../config/settings';

/** Adds `--config` and the flags of those settings that have one. */
export function withSettings(command: Command): Command {
  command.option('--config <file>', 'the config file, instead of /etc/rollcall/server.yaml');
  for (const { flag, description } of Object.values(settings)) {
    if (flag !== undefined) command.option(`--${flag} <value>`, description.replaceAll('`', ''));
  }
  return command;
}

/** What the command line says of the settings. */
export function settingsSources(command: Command): Sources {
  const { config, ...flags } = command.optsWithGlobals<Record<string, string | undefined>>();
  const byFlag = Object.entries(flags).map(([name, value]) => [name.replaceAll(/[A-Z]/g, hyphenated), value] as const);
  return { flags: Object.fromEntries(byFlag), ...(config !== undefined && { configFile: config }) };
}

/** commander names the option `--base-path` `basePath`. */
function hyphenated(letter: string): string {
  return `-${letter.toLowerCase()}`;
}
