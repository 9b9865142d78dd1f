import { AgentFailure, ExitCode } from './agent-failure';
import type { Refusal } from './server-fault';

const REGISTER_AGAIN =
  'if it is to go on, put a new registration token into registration.token, clear agent.id and run with --register';

/** The reasons of UNAUTHENTICATED after which trying again is of no use, each with what to do. */
const ENDS: ReadonlyMap<string, string> = new Map([
  ['KEY_EXPIRED', `this agent’s key has expired (KEY_EXPIRED): ${REGISTER_AGAIN}`],
  ['KEY_REVOKED', `this agent’s key was revoked (KEY_REVOKED): ${REGISTER_AGAIN}`],
  ['KEY_ROTATED', 'this agent’s key was replaced by a newer one (KEY_ROTATED): put the newer one into central.api_key'],
  ['AGENT_REMOVED', `this agent was removed (AGENT_REMOVED): ${REGISTER_AGAIN}`],
  ['AGENT_REPLACED', `another agent has taken this one’s place (AGENT_REPLACED): stop this one; ${REGISTER_AGAIN}`],
]);

/** The failure that a refusal of the key ends the agent with; undefined when the agent shall go on. */
export function finalRefusal({ code, reason }: Refusal, apiUrl: string): AgentFailure | undefined {
  if (code === 'FORBIDDEN') {
    const message = `${apiUrl} refuses the key: it is not an agent’s key: put the one that registration gave into central.api_key.`;
    return new AgentFailure(ExitCode.REFUSED, message);
  }
  const sentence = code === 'UNAUTHENTICATED' && reason !== undefined ? ENDS.get(reason) : undefined;
  return sentence === undefined
    ? undefined
    : new AgentFailure(ExitCode.REFUSED, `${apiUrl} refuses the key: ${sentence}.`);
}
