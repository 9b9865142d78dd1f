import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { isInTheClear } from '../loopback';
import { readAgentConfig } from './agent-config';
import { ExitCode } from '../exit-code';
import { AgentFailure } from './agent-failure';
import { ownerOf } from './config-writer';
import { enrol, type EnrolmentParts } from './enrolment';
import { chooseKey } from './key-choice';
import { makeKeyRenewal } from './key-renewal';
import { openLiveKey } from './live-key';
import { makeServerClient } from './server-client';
import { openStateFolder } from './state-folder';
import { processSurroundings, type Surroundings } from './surroundings';
import { syncForever } from './sync-loop';

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
  try {
    await run(options, surroundings);
    return ExitCode.OK;
  } catch (error) {
    if (error instanceof AgentFailure) {
      surroundings.warn(error.message);
      return error.exitCode;
    }
    if (!options.signal.aborted) throw error;
    if (!options.register) return ExitCode.OK;
    surroundings.warn('Not registered: stopped. Run the same command again.');
    return ExitCode.FAILURE;
  }
}

async function run(options: HostAgentOptions, surroundings: Surroundings): Promise<void> {
  const config = readAgentConfig(options.configFile);
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
    await (options.register ? enrol(parts, options.write) : watch(parts));
  } finally {
    await client.close();
    await folder.release();
  }
}

/** The agent's ordinary life: a new boot id, stored before the server hears of it, then sync after sync. */
async function watch({ config, folder, client, surroundings, signal }: EnrolmentParts): Promise<void> {
  const state = chooseKey(config, folder.state);
  if (folder.state.key !== null && folder.state.firstKeyFingerprint !== state.firstKeyFingerprint) {
    const former = await folder.keepCopy();
    surroundings.warn(
      `central.api_key is another key than this agent had: it is used now; the former is in ${former}.`,
    );
  }
  const bootId = randomUUID();
  // The key is in use from here on: to register again with the same token now means another registration.
  await folder.save({ ...state, registration: null, bootId });
  const { apiUrl } = config;
  const key = openLiveKey(folder);
  const renewal = makeKeyRenewal({ apiUrl, folder, key, client, surroundings, signal });
  const identity = { apiUrl, key, bootId, previousBootId: state.bootId };
  await syncForever(identity, renewal, client, surroundings, signal);
}
