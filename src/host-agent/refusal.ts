import path from 'node:path';
import { ExitCode } from '../exit-code';
import { isEnrolledByApproval, type AgentConfig } from './agent-config';
import { AgentFailure } from './agent-failure';
import type { FaultKind, Refusal, ServerFault } from './server-fault';

type Remedy = [ExitCode, string];

const NEW_TOKEN = 'ask an administrator for a new one and put it into registration.token';

/** Codes of contract.graphql that a registration by token can be refused with, each with its exit code and what to do. */
const TOKEN_REMEDIES: ReadonlyMap<string, Remedy> = new Map([
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
]);

/** The same of any registration. */
const REMEDIES: ReadonlyMap<string, Remedy> = new Map([
  ['BAD_USER_INPUT', [ExitCode.FAILURE, 'correct what is named, in the configuration, and run the same again']],
  ['UNAVAILABLE', [ExitCode.UNAVAILABLE, 'run the same again later']],
  ['RATE_LIMITED', [ExitCode.UNAVAILABLE, 'run the same again later']],
]);

const FAULT_REMEDIES: Readonly<Record<FaultKind, Remedy>> = {
  unreachable: [ExitCode.UNAVAILABLE, 'check central.api_url and the network, then run the same again'],
  certificate: [
    ExitCode.FAILURE,
    'check central.api_url, central.ca_file and central.ca_pin, or have the server’s certificate renewed',
  ],
  foreign: [ExitCode.FAILURE, 'check central.api_url: it names the server, without /graphql'],
  refused: [ExitCode.FAILURE, 'the server’s log tells more; then run the same again'],
};

/** The end of a registration: one sentence with the remedy, and the exit code that goes with it. */
export function registrationFailure({ kind, message, refusal }: ServerFault, config: AgentConfig): AgentFailure {
  const ofToken = isEnrolledByApproval(config) ? undefined : TOKEN_REMEDIES.get(refusal?.code ?? '');
  const [exitCode, remedy] = ofToken ?? REMEDIES.get(refusal?.code ?? '') ?? FAULT_REMEDIES[kind];
  const code = refusal ? ` (${refusal.code})` : '';
  return new AgentFailure(exitCode, `Not registered: ${config.apiUrl}: ${message}${code}; ${remedy}.`);
}

/** The server refuses the agent's key for good. */
export class KeyRefused extends AgentFailure {
  constructor(
    /** Of UNAUTHENTICATED, such as KEY_REVOKED. */
    readonly reason: string,
    message: string,
  ) {
    super(ExitCode.AUTHENTICATION, message);
  }

  /** Another agent has this one's place: two that ask again would oust each other without end. */
  get isReplaced(): boolean {
    return this.reason === 'AGENT_REPLACED';
  }
}

const REGISTER_AGAIN =
  'if it is to go on, put a new registration token into registration.token, clear agent.id and central.api_key, and run with --register';

/** The reasons of UNAUTHENTICATED after which trying again is of no use, each with what to do, `again` being how to enrol anew. */
const ENDS: ReadonlyMap<string, (again: string) => string> = new Map([
  ['KEY_EXPIRED', (again: string) => `this agent’s key has expired (KEY_EXPIRED): ${again}`],
  ['KEY_REVOKED', (again: string) => `this agent’s key was revoked (KEY_REVOKED): ${again}`],
  [
    'KEY_ROTATED',
    () => 'this agent’s key was replaced by a newer one (KEY_ROTATED): put the newer one into central.api_key',
  ],
  ['AGENT_REMOVED', (again: string) => `this agent was removed (AGENT_REMOVED): ${again}`],
  [
    'AGENT_REPLACED',
    (again: string) => `another agent has taken this one’s place (AGENT_REPLACED): stop this one; ${again}`,
  ],
]);

/** The failure that a refusal of an agent’s key ends the agent with; undefined when the agent shall go on. */
export function finalRefusal({ code, reason }: Refusal, config: AgentConfig): AgentFailure | undefined {
  const refused = `${config.apiUrl} refuses the key:`;
  if (code === 'FORBIDDEN') {
    const remedy = isEnrolledByApproval(config)
      ? enrolAnew(config)
      : 'put the one that registration gave into central.api_key';
    return new AgentFailure(ExitCode.AUTHENTICATION, `${refused} it is not an agent’s key: ${remedy}.`);
  }
  const end = code === 'UNAUTHENTICATED' && reason !== undefined ? ENDS.get(reason) : undefined;
  return end && new KeyRefused(reason!, `${refused} ${end(enrolAnew(config))}.`);
}

function enrolAnew(config: AgentConfig): string {
  if (!isEnrolledByApproval(config)) return REGISTER_AGAIN;
  const state = path.join(config.stateFolder, 'state.json');
  return `if it is to go on, move ${state} away and start it again: it asks an administrator for registration then`;
}
