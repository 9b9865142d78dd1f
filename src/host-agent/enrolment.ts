import { randomUUID } from 'node:crypto';
import { accessSync, constants, realpathSync } from 'node:fs';
import path from 'node:path';
import type { AgentConfig } from './agent-config';
import { ExitCode } from '../exit-code';
import { AgentFailure, causeOf } from './agent-failure';
import { EMPTY_STATE } from './agent-state';
import { writeCredentials } from './config-writer';
import { collectFacts, describeFacts } from './facts/host-facts';
import { keyFingerprint } from './key-choice';
import { register, tokenPublicId, type Registered } from './registration';
import type { ServerClient } from './server-client';
import type { StateFolder } from './state-folder';
import type { Surroundings } from './surroundings';

/** What one enrolment works with. */
export interface EnrolmentParts {
  config: AgentConfig;
  folder: StateFolder;
  client: ServerClient;
  surroundings: Surroundings;
  signal: AbortSignal;
}

/**
 * Registers by the configuration's token, keeps the key in the state folder, then shows it or, with `write`, stores it in the
 * configuration. A run that ended between the two is taken up again without another registration. Throws AgentFailure.
 */
export async function enrol(parts: EnrolmentParts, write: boolean): Promise<void> {
  const { config, folder, surroundings } = parts;
  const { token, file } = config;
  if (token === undefined) {
    const message = `${file} has no registration token: put one into registration.token. Without --register the agent asks an administrator to approve it.`;
    throw new AgentFailure(ExitCode.USAGE, message);
  }
  const publicId = tokenPublicId(token);
  // A token that cannot be followed by its write would be spent for nothing.
  if (write) checkWritable(file);
  const { registration, agentId, key } = folder.state;
  const earlier = registration?.tokenPublicId === publicId && agentId !== null && key !== null;
  if (earlier) surroundings.print('This token has registered this agent already; its key is in the state folder.');
  const registered = earlier ? { agentId, key } : await registerOnce(parts, token, publicId);
  await (write ? store(config, registered, surroundings) : show(registered, surroundings));
}

/** Registers and keeps the result before anything else is done with it. */
async function registerOnce(parts: EnrolmentParts, token: string, publicId: string): Promise<Registered> {
  const { config, folder, client, surroundings, signal } = parts;
  const facts = await collectFacts(config, surroundings.warn);
  for (const line of describeFacts(facts, config)) surroundings.print(line);
  const registrationId = await rememberedRegistrationId(folder, publicId);
  const registered = await register(config, { token, registrationId, facts }, client, surroundings, signal);
  await folder.save({
    ...EMPTY_STATE,
    registration: { tokenPublicId: publicId, registrationId },
    agentId: registered.agentId,
    key: registered.key,
    firstKeyFingerprint: keyFingerprint(registered.key),
    formerKeyFingerprint: config.apiKey === undefined ? null : keyFingerprint(config.apiKey),
  });
  return registered;
}

/** The id under which this token was tried before, or a new one, stored before its first use: by it a lost answer is asked for again. */
async function rememberedRegistrationId(folder: StateFolder, publicId: string): Promise<string> {
  const { registration } = folder.state;
  if (registration?.tokenPublicId === publicId) return registration.registrationId;
  const registrationId = randomUUID();
  await folder.save({ ...folder.state, registration: { tokenPublicId: publicId, registrationId } });
  return registrationId;
}

function show({ agentId, key }: Registered, { print }: Surroundings): void {
  print('');
  print('Registration successful.');
  print(`Agent ID: ${agentId}`);
  print(`API Key:  ${key}`);
  print('');
  print('ACTION REQUIRED: update config.yml');
  print(`  registration.token: ""`);
  print(`  agent.id: "${agentId}"`);
  print(`  central.api_key: "${key}"`);
  print(
    'Then run the agent without --register. Until it has run, the same command shows the key again; then nobody can.',
  );
}

async function store({ file }: AgentConfig, { agentId, key }: Registered, { print }: Surroundings): Promise<void> {
  try {
    await writeCredentials(file, agentId, key);
  } catch (error) {
    throw notWritable(file, error);
  }
  print('');
  print('Registration successful.');
  print(`Agent ID: ${agentId}`);
  print(`${file} holds the agent’s id and key now, and the token no more. Run the agent without --register.`);
}

/** The file's folder counts: the file is replaced, not written into. */
function checkWritable(file: string): void {
  try {
    accessSync(path.dirname(realpathSync(file)), constants.W_OK);
  } catch (error) {
    throw notWritable(file, error);
  }
}

function notWritable(file: string, error: unknown): AgentFailure {
  const message = `${file} cannot be written (${causeOf(error)}): allow it for this account, or register without --write, and run this again.`;
  return new AgentFailure(ExitCode.USAGE, message);
}
