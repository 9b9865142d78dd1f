import { CredentialKind, hashSecret, parseCredential } from '../access/credential';
import type { AgentConfig } from './agent-config';
import { AgentFailure, ExitCode } from './agent-failure';
import { EMPTY_STATE, type AgentState } from './agent-state';

/** By what the state folder knows a first key again without its config: SHA-256 as hex. */
export function keyFingerprint(key: string): string {
  return hashSecret(key).toString('hex');
}

/**
 * The state to run with, its key set: the folder's own, unless it has no key or was begun with another one than
 * central.api_key now is; then it is begun anew with that. An empty central.api_key is no other key. Throws AgentFailure without any.
 */
export function chooseKey(config: AgentConfig, state: AgentState): AgentState & { key: string } {
  const { apiKey } = config;
  const { key } = state;
  if (key !== null && (apiKey === undefined || keyFingerprint(apiKey) === state.firstKeyFingerprint))
    return { ...state, key };
  if (apiKey === undefined) throw noKey(config);
  if (parseCredential(apiKey)?.kind !== CredentialKind.AGENT_KEY) {
    throw new AgentFailure(
      ExitCode.REFUSED,
      'central.api_key is not an agent’s key or was mangled: copy it again, as registration printed it.',
    );
  }
  return { ...EMPTY_STATE, agentId: config.agentId ?? null, key: apiKey, firstKeyFingerprint: keyFingerprint(apiKey) };
}

function noKey({ file, token }: AgentConfig): AgentFailure {
  if (token !== undefined) {
    return new AgentFailure(
      ExitCode.USAGE,
      `This agent is not registered yet: run \`rollcall agent --config ${file} --register\` first.`,
    );
  }
  const message = `${file} has neither a registration token nor a key: put a token into registration.token and run with --register.`;
  return new AgentFailure(ExitCode.USAGE, message);
}
