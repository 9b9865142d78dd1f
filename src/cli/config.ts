import type { Command } from 'commander';
import { effectiveSettings, settingsReference } from '../config';
import { print, table } from './output';
import { settingsSources, withSettings } from './settings-options';

/** `rollcall config check|reference`. */
export function registerConfigCommands(program: Command): void {
  const group = program.command('config').description('the settings of the server');
  withSettings(group.command('check'))
    .description('check the settings; show what holds and where it comes from, or everything that is wrong')
    .action((_, command: Command) => check(command));
  group
    .command('reference')
    .description('print the reference of every setting, in Markdown')
    .action(() => print(settingsReference().trimEnd()));
}

function check(command: Command): void {
  const rows = effectiveSettings(settingsSources(command)).map(({ path, value, origin }) => [path, value, origin]);
  print(`The settings are good.\n\n${table(['SETTING', 'VALUE', 'ORIGIN'], rows)}`);
}
