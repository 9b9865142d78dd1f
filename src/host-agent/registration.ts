import { z } from 'zod';
import { CredentialKind, parseCredential } from '../access/credential';
import type { AgentConfig } from './agent-config';
import { ExitCode } from '../exit-code';
import { AgentFailure } from './agent-failure';
import { agentKeySchema } from './agent-key';
import { makeBackOff } from './back-off';
import { factsInput, type HostFacts } from './facts/host-facts';
import { registrationFailure } from './refusal';
import { idSchema, type Operation, type ServerClient } from './server-client';
import { ServerFault } from './server-fault';
import type { Surroundings } from './surroundings';

const REGISTER = `mutation RegisterAgent($input: RegisterAgentInput!) {
  registerAgent(input: $input) { agentId secret }
}`;

const answerSchema = z.object({
  registerAgent: z.object({
    agentId: idSchema,
    secret: agentKeySchema,
  }),
});

/** What a registration gives: the agent and its first key. */
export interface Registered {
  agentId: string;
  key: string;
}

/** What one registration consists of. */
export interface RegistrationAttempt {
  token: string;
  /** Kept until one try succeeded: by it the server gives the same agent again when its answer was lost. */
  registrationId: string;
  facts: HostFacts;
}

const LONGEST_WAIT = 30_000;

/**
 * Registers, again and again while the fault may pass and the patience lasts, saying on stderr what it waits for.
 * Throws AgentFailure with the remedy. Ends soon after the signal.
 */
export async function register(
  config: AgentConfig,
  attempt: RegistrationAttempt,
  client: ServerClient,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<Registered> {
  const operation = registerOperation(config, attempt);
  const backOff = makeBackOff();
  const deadline = performance.now() + surroundings.registrationPatience;
  for (;;) {
    try {
      const { registerAgent } = await client.call(operation, signal);
      return { agentId: registerAgent.agentId, key: registerAgent.secret };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ServerFault)) throw error;
      const pause = Math.max(backOff.next(LONGEST_WAIT), (error.refusal?.retryAfterSeconds ?? 0) * 1_000);
      if (!error.isPassing || performance.now() + pause > deadline) throw registrationFailure(error, config);
      surroundings.warn(`${config.apiUrl}: ${error.message}. Trying again in ${Math.ceil(pause / 1_000)} s.`);
      await surroundings.wait(pause, signal);
      signal.throwIfAborted();
    }
  }
}

/** The token, told from a mangled or wrong one without asking the server. */
export function tokenPublicId(token: string): string {
  const credential = parseCredential(token);
  if (credential?.kind === CredentialKind.REGISTRATION_TOKEN) return credential.publicId;
  const message =
    'registration.token is not a registration token or was mangled: copy it again, or ask an administrator for a new one.';
  throw new AgentFailure(ExitCode.AUTHENTICATION, message);
}

function registerOperation(
  config: AgentConfig,
  { token, registrationId, facts }: RegistrationAttempt,
): Operation<z.infer<typeof answerSchema>> {
  return {
    query: REGISTER,
    input: { token, registrationId, ...factsInput(facts, config) },
    answer: answerSchema,
  };
}
