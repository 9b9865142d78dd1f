#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { registerAgentCommand } from './cli/agent';
import { registerAuditCommands } from './cli/audit';
import { registerConfigCommands } from './cli/config';
import { CommandFailure, failureText } from './cli/failure';
import { registerKeyCommands } from './cli/key';
import { registerNodeCommands } from './cli/node';
import type { Format } from './cli/output';
import { registerRegistryCommands } from './cli/registry';
import { registerRequestCommands } from './cli/request';
import { registerServerCommands } from './cli/server-commands';
import { registerTokenCommands } from './cli/token';
import { ConfigError } from './config';
import { ExitCode } from './exit-code';
import { packageVersion } from './package-version';
import { withoutCredentials } from './safe-text';
import { StartFailure } from './start-failure';
import type * as Orm from '../ormconfig';

/** How the command that runs was told to answer; its failures are told the same way. */
let format: Format = 'table';

/** Commands that work on when nobody reads any more what they say. */
const LONG_RUNNING = ['serve', 'agent', 'admin-key', 'audit'];
let isLongRunning = false;

const program = new Command('rollcall')
  .description('Keeps the roll of a fleet of databases: nodes, services, agents, and who may join.')
  .version(packageVersion(), '--version')
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(withoutCredentials(text)) })
  .showHelpAfterError('(see --help)')
  .hook('preAction', (_, command) => {
    format = command.opts<{ output?: Format }>().output ?? 'table';
    isLongRunning = LONG_RUNNING.includes(program.args[0] ?? '');
  });

registerServerCommands(program, loadDataSource);
registerAgentCommand(program);
registerTokenCommands(program);
registerRegistryCommands(program);
registerRequestCommands(program);
registerKeyCommands(program);
registerNodeCommands(program);
registerAuditCommands(program, loadDataSource);
registerConfigCommands(program);

process.stdout.on('error', outputLost);
process.stderr.on('error', outputLost);

program.parseAsync().catch((error: unknown) => {
  process.exitCode = report(error);
});

/** `rollcall node list | head` ends when head has read enough; a server whose log collector died, or whose terminal was closed, goes on. */
function outputLost(error: NodeJS.ErrnoException): void {
  const isReaderGone = error.code === 'EPIPE' || error.code === 'EIO';
  if (isLongRunning && !isReaderGone) throw error;
  if (isLongRunning || error.code === 'EIO') return;
  if (!isReaderGone) {
    console.error(`rollcall: stdout cannot be written (${error.code}).`);
    process.exitCode = ExitCode.FAILURE;
  }
  // Not at once: a command that was handing over a secret has something to say.
  setImmediate(() => process.exit());
}

/** Loaded late: only what needs the database pays for it. */
function loadDataSource() {
  const { dataSource }: typeof Orm = require('../ormconfig');
  return dataSource;
}

/** Tells what went wrong and gives the exit code. */
function report(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.OK : ExitCode.USAGE;
  if (error instanceof ConfigError) {
    console.error(`${error.message}\n\nThe settings are not good: correct what is listed and start again.`);
    return ExitCode.USAGE;
  }
  if (error instanceof CommandFailure) {
    console.error(failureText(error, format));
    return error.exitCode;
  }
  console.error(`rollcall: ${withoutCredentials(unforeseen(error))}`);
  return ExitCode.FAILURE;
}

/** What nobody foresaw comes with the place where it happened, for whoever reports it. */
function unforeseen(error: unknown): string {
  if (error instanceof StartFailure) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
