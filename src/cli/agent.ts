import type { Command } from 'commander';
import type * as HostAgent from '../host-agent/host-agent';
import { usageFailure } from './failure';
import { stopSignal } from './stop-signal';

interface AgentOptions {
  config: string;
  register?: boolean;
  write?: boolean;
}

/** `rollcall agent`, the program that runs on a node. */
export function registerAgentCommand(program: Command): void {
  program
    .command('agent')
    .description(
      'run the host agent, which asks for approval when it has neither key nor token, or enrol it with --register',
    )
    .requiredOption('--config <file>', 'its config file, such as config.yml')
    .option('--register', 'enrol with the registration token of the config file, and end')
    .option('--write', 'with --register: store id and key in the config file')
    .action(run);
}

async function run({ config, register = false, write = false }: AgentOptions): Promise<void> {
  if (write && !register) throw usageFailure('--write stores what --register is given: use both, or neither.');
  // Loaded here, so that the other commands start without it.
  const { runHostAgent }: typeof HostAgent = require('../host-agent/host-agent');
  process.exitCode = await runHostAgent({ configFile: config, register, write, signal: stopSignal().signal });
}
