import { InvalidArgumentError, type Command } from 'commander';
import type { DataSource } from 'typeorm';
import type { ExportRange } from '../audit/export-trail';
import type { ChainHead } from '../audit/chain';
import { loadConfig } from '../config';
import { ExitCode } from '../exit-code';
import { parseInstant } from '../instant';
import type * as AuditTrail from './audit-trail';
import { settingsSources, withSettings } from './settings-options';

const WHY_DATABASE =
  'It reads the database itself, with the settings of the server, whether or not that runs: what is verified must not come from a server that may have been tampered with.';
const WHY_EXPORT =
  'It reads the database itself, as "rollcall audit verify" does, so that each row comes with its link of the chain and a copy can be verified elsewhere. Over the network, use the query auditEvents.';

/** `rollcall audit verify|export`. Loaded late, as all that needs the database. */
export function registerAuditCommands(program: Command, loadDataSource: () => DataSource): void {
  const group = program.command('audit').description('the audit trail: what was done and refused, by whom');
  withSettings(group.command('verify'))
    .description(
      'calculate the chain of the audit trail anew; name the first row that was changed, removed or inserted',
    )
    .option('--anchor <seq:hash>', 'a former end of the chain, from the log of a server or a former answer', anchor)
    .addHelpText('after', `\n${WHY_DATABASE}\nExit code ${ExitCode.TAMPERED}: the trail was tampered with.`)
    .action(async (options: { anchor?: ChainHead }, command: Command) => {
      const config = loadConfig(settingsSources(command));
      const { verifyTrail }: typeof AuditTrail = require('./audit-trail');
      process.exitCode = await verifyTrail(config, loadDataSource(), options.anchor ?? null);
    });
  withSettings(group.command('export'))
    .description('write the audit trail to stdout, oldest first, as one JSON object a line')
    .option('--since <instant>', 'only what was written down then or later, such as 2026-11-20T08:30:00Z', instant)
    .option('--until <instant>', 'only what was written down before then', instant)
    .addHelpText('after', `\n${WHY_EXPORT}`)
    .action(async ({ since, until }: Partial<ExportRange>, command: Command) => {
      const config = loadConfig(settingsSources(command));
      const { exportTrail }: typeof AuditTrail = require('./audit-trail');
      process.exitCode = await exportTrail(config, loadDataSource(), { since: since ?? null, until: until ?? null });
    });
}

function anchor(value: string): ChainHead {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/i.exec(value) ?? [];
  if (seq === undefined || hash === undefined)
    throw new InvalidArgumentError('Give SEQ:HASH: a number, a colon, and 64 hex digits.');
  return { seq: Number(seq), hash: Buffer.from(hash, 'hex') };
}

function instant(value: string): Date {
  const time = parseInstant(value);
  if (time) return time;
  throw new InvalidArgumentError('Give an instant such as 2026-11-20T08:30:00Z.');
}
