import type { Command } from 'commander';
import type { DataSource } from 'typeorm';
import { loadConfig } from '../config';
import type * as AdminKey from './admin-key';
import type * as Serve from './serve';
import { settingsSources, withSettings } from './settings-options';

/** `rollcall serve` and `rollcall admin-key reset`: what needs the database. Both are loaded late, since the others need none of it. */
export function registerServerCommands(program: Command, loadDataSource: () => DataSource): void {
  withSettings(program.command('serve'))
    .description('run the server')
    .action(async (_, command: Command) => {
      const config = loadConfig(settingsSources(command));
      const { serve }: typeof Serve = require('./serve');
      process.exitCode = await serve(config, loadDataSource());
    });
  const adminKey = program.command('admin-key').description('the administrator key that the server made');
  withSettings(adminKey.command('reset'))
    .description('end the key of the first start or of the last reset, and write a new one')
    .action(async (_, command: Command) => {
      const config = loadConfig(settingsSources(command));
      const { resetAdminKey }: typeof AdminKey = require('./admin-key');
      process.exitCode = await resetAdminKey(config, loadDataSource());
    });
}
