import { CredentialKind, hashSecret, parseCredential } from '../access/credential';
import { ExitCode } from '../exit-code';
import type { AgentConfig } from './agent-config';
import { AgentFailure } from './agent-failure';
import { EMPTY_STATE, type AgentState } from './agent-state';

/** By what the state folder knows a key of the configuration again without holding it: SHA-256 as hex. */
export function keyFingerprint(key: string): string {
  return hashSecret(key).toString('hex');
}

/**
 * The state to run with, its key set: the folder's own, unless it has no key or central.api_key is one that came after it; then
 * it is begun anew with that. An empty central.api_key is no other key, nor is the one that registration found there and that
 * nobody has replaced yet. Throws AgentFailure without any.
 */
export function chooseKey(config: AgentConfig, state: AgentState): AgentState & { key: string } {
  const { apiKey } = config;
  const { key } = state;
  if (key !== null && (apiKey === undefined || isKnown(apiKey, state))) return { ...state, key };
  if (apiKey === undefined) throw noKey(config);
  if (parseCredential(apiKey)?.kind !== CredentialKind.AGENT_KEY) {
    throw new AgentFailure(
      ExitCode.AUTHENTICATION,
      'central.api_key is not an agent’s key or was mangled: copy it again, as registration printed it.',
    );
  }
  return { ...EMPTY_STATE, agentId: config.agentId ?? null, key: apiKey, firstKeyFingerprint: keyFingerprint(apiKey) };
}

function isKnown(apiKey: string, { firstKeyFingerprint, formerKeyFingerprint }: AgentState): boolean {
  return [firstKeyFingerprint, formerKeyFingerprint].includes(keyFingerprint(apiKey));
}

function noKey({ file, token }: AgentConfig): AgentFailure {
  if (token !== undefined) {
    return new AgentFailure(
      ExitCode.USAGE,
      `This agent is not registered yet: run \`rollcall agent --config ${file} --register\` first.`,
    );
  }
  const message = `${file} has neither a registration token nor a key: put a token into registration.token and run with --register, or clear agent.id to have the agent ask an administrator.`;
  return new AgentFailure(ExitCode.USAGE, message);
}
