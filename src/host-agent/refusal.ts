import { ExitCode } from '../exit-code';
import type { AgentConfig } from './agent-config';
import { AgentFailure } from './agent-failure';
import type { FaultKind, Refusal, ServerFault } from './server-fault';

type Remedy = [ExitCode, string];

const NEW_TOKEN = 'ask an administrator for a new one and put it into registration.token';

/** Codes of contract.graphql that a registration can be refused with, each with its exit code and what to do. */
const REMEDIES: ReadonlyMap<string, Remedy> = new Map([
  ['TOKEN_INVALID', [ExitCode.AUTHENTICATION, `copy the token again, or ${NEW_TOKEN}`]],
  ['TOKEN_USED', [ExitCode.AUTHENTICATION, NEW_TOKEN]],
  ['TOKEN_EXPIRED', [ExitCode.AUTHENTICATION, NEW_TOKEN]],
  ['TOKEN_REVOKED', [ExitCode.AUTHENTICATION, NEW_TOKEN]],
  [
    'TOKEN_NOT_APPLICABLE',
    [
      ExitCode.AUTHENTICATION,
      'set server.hostname to the name that the token was issued for, or ask for another token',
    ],
  ],
  ['UNAUTHENTICATED', [ExitCode.AUTHENTICATION, NEW_TOKEN]],
  ['FORBIDDEN', [ExitCode.AUTHENTICATION, NEW_TOKEN]],
  [
    'CONFLICT',
    [ExitCode.CONFLICT, 'set another server.hostname, or ask an administrator for a token that replaces that node'],
  ],
  ['BAD_USER_INPUT', [ExitCode.FAILURE, 'correct what is named, in the configuration, and register again']],
  ['UNAVAILABLE', [ExitCode.UNAVAILABLE, 'register again later']],
  ['RATE_LIMITED', [ExitCode.UNAVAILABLE, 'register again later']],
]);

const FAULT_REMEDIES: Readonly<Record<FaultKind, Remedy>> = {
  unreachable: [ExitCode.UNAVAILABLE, 'check central.api_url and the network, then register again'],
  certificate: [
    ExitCode.FAILURE,
    'check central.api_url, central.ca_file and central.ca_pin, or have the server’s certificate renewed',
  ],
  foreign: [ExitCode.FAILURE, 'check central.api_url: it names the server, without /graphql'],
  refused: [ExitCode.FAILURE, 'the server’s log tells more; then register again'],
};

/** The end of a registration: one sentence with the remedy, and the exit code that goes with it. */
export function registrationFailure({ kind, message, refusal }: ServerFault, { apiUrl }: AgentConfig): AgentFailure {
  const [exitCode, remedy] = (refusal && REMEDIES.get(refusal.code)) ?? FAULT_REMEDIES[kind];
  const code = refusal ? ` (${refusal.code})` : '';
  return new AgentFailure(exitCode, `Not registered: ${apiUrl}: ${message}${code}; ${remedy}.`);
}

const REGISTER_AGAIN =
  'if it is to go on, put a new registration token into registration.token, clear agent.id and central.api_key, and run with --register';

/** The reasons of UNAUTHENTICATED after which trying again is of no use, each with what to do. */
const ENDS: ReadonlyMap<string, string> = new Map([
  ['KEY_EXPIRED', `this agent’s key has expired (KEY_EXPIRED): ${REGISTER_AGAIN}`],
  ['KEY_REVOKED', `this agent’s key was revoked (KEY_REVOKED): ${REGISTER_AGAIN}`],
  ['KEY_ROTATED', 'this agent’s key was replaced by a newer one (KEY_ROTATED): put the newer one into central.api_key'],
  ['AGENT_REMOVED', `this agent was removed (AGENT_REMOVED): ${REGISTER_AGAIN}`],
  ['AGENT_REPLACED', `another agent has taken this one’s place (AGENT_REPLACED): stop this one; ${REGISTER_AGAIN}`],
]);

/** The failure that a refusal of an agent’s key ends the agent with; undefined when the agent shall go on. */
export function finalRefusal({ code, reason }: Refusal, apiUrl: string): AgentFailure | undefined {
  if (code === 'FORBIDDEN') {
    const message = `${apiUrl} refuses the key: it is not an agent’s key: put the one that registration gave into central.api_key.`;
    return new AgentFailure(ExitCode.AUTHENTICATION, message);
  }
  const sentence = code === 'UNAUTHENTICATED' && reason !== undefined ? ENDS.get(reason) : undefined;
  return sentence === undefined
    ? undefined
    : new AgentFailure(ExitCode.AUTHENTICATION, `${apiUrl} refuses the key: ${sentence}.`);
}
