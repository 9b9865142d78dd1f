import path from 'node:path';
import { isInTheClear } from '../loopback';
import { isEnrolledByApproval, readAgentConfig, type AgentConfig } from './agent-config';
import { ExitCode } from '../exit-code';
import { AgentFailure } from './agent-failure';
import { ownerOf } from './config-writer';
import { enrol } from './enrolment';
import { inJsonLines } from './json-lines';
import { liveByApproval } from './life-by-approval';
import { makeServerClient } from './server-client';
import { openStateFolder } from './state-folder';
import { processSurroundings, type Surroundings } from './surroundings';
import { watch } from './watch';

/** What the command line asks of the agent. */
export interface HostAgentOptions {
  configFile: string;
  /** Enrol this host with the configuration's token, and end. */
  register: boolean;
  /** With `register`: store the result in the configuration instead of showing it. */
  write: boolean;
  /** Stops the agent cleanly, whatever it does. */
  signal: AbortSignal;
}

/** Runs the agent, printing to stdout and stderr, and gives its exit code (see ExitCode). */
export async function runHostAgent(
  options: HostAgentOptions,
  surroundings: Surroundings = processSurroundings,
): Promise<number> {
  let voice = surroundings;
  try {
    const config = readAgentConfig(options.configFile);
    const byApproval = !options.register && isEnrolledByApproval(config);
    if (byApproval) voice = inJsonLines(surroundings);
    await run(options, config, voice, byApproval ? liveByApproval : watch);
    return ExitCode.OK;
  } catch (error) {
    if (error instanceof AgentFailure) {
      voice.fail(error.message);
      return error.exitCode;
    }
    if (!options.signal.aborted) throw error;
    if (!options.register) return ExitCode.OK;
    voice.fail('Not registered: stopped. Run the same command again.');
    return ExitCode.FAILURE;
  }
}

async function run(
  options: HostAgentOptions,
  config: AgentConfig,
  surroundings: Surroundings,
  live: typeof watch,
): Promise<void> {
  if (options.register && config.agentId !== undefined) {
    surroundings.print(`${config.file}: already registered as agent ${config.agentId}; nothing was done.`);
    surroundings.print(
      'To register anew, clear agent.id and central.api_key, and put a new token into registration.token.',
    );
    return;
  }
  if (isInTheClear(config.apiUrl))
    surroundings.warn(`Warning: ${config.apiUrl} is plain http: token and key can be read on the way. Use https.`);
  const owner = ownerOf(config.file);
  const home = path.dirname(config.file);
  const folder = await openStateFolder(config.stateFolder, owner && { ...owner, home });
  const client = makeServerClient(config);
  const parts = { config, folder, client, surroundings, signal: options.signal };
  try {
    await (options.register ? enrol(parts, options.write) : live(parts));
  } finally {
    await client.close();
    await folder.release();
  }
}
