import type { AgentConfig } from './agent-config';
import { AgentFailure, ExitCode } from './agent-failure';
import type { FaultKind, ServerFault } from './server-fault';

type Remedy = [ExitCode, string];

const NEW_TOKEN = 'ask an administrator for a new one and put it into registration.token';

/** Codes of contract.graphql that a registration can be refused with, each with its exit code and what to do. */
const REMEDIES: ReadonlyMap<string, Remedy> = new Map([
  ['TOKEN_INVALID', [ExitCode.REFUSED, `copy the token again, or ${NEW_TOKEN}`]],
  ['TOKEN_USED', [ExitCode.REFUSED, NEW_TOKEN]],
  ['TOKEN_EXPIRED', [ExitCode.REFUSED, NEW_TOKEN]],
  ['TOKEN_REVOKED', [ExitCode.REFUSED, NEW_TOKEN]],
  [
    'TOKEN_NOT_APPLICABLE',
    [ExitCode.REFUSED, 'set server.hostname to the name that the token was issued for, or ask for another token'],
  ],
  ['UNAUTHENTICATED', [ExitCode.REFUSED, NEW_TOKEN]],
  ['FORBIDDEN', [ExitCode.REFUSED, NEW_TOKEN]],
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
