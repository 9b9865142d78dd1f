import { createHash } from 'node:crypto';
import { makeHome, startAgent, until, type AgentHome, type AgentRun } from './agent-run';
import {
  data,
  startScriptedServer,
  type Asides,
  type ReceivedCall,
  type ScriptedServer,
  type Step,
} from './scripted-server';

export const AGENT_ID = '0190d5f0-0000-7000-8000-000000000003';
export const REQUEST_ID = '0190d5f0-0000-7000-8000-000000000004';
export const NONCE = '5c'.repeat(32);

/** What an answer says that is not as it usually is. */
export interface Extras {
  nonce?: string;
  [field: string]: unknown;
}

/** Answers that the request is in this state. */
export function requested(state: string, { nonce = NONCE, ...extras }: Extras = {}): Step {
  return (response, call) => {
    const requestRegistration = {
      requestId: REQUEST_ID,
      state,
      nonce,
      pairingId: pairingIdOf(call, nonce),
      pollAfterSeconds: 10,
      message: null,
      agentId: state === 'APPROVED' ? AGENT_ID : null,
      ...extras,
    };
    data({ requestRegistration })(response, call);
  };
}

/** The pairing ID of what was sent, by the words of the design and not by the program's own function. */
export function pairingIdOf({ input }: ReceivedCall, nonce = NONCE): string {
  const { name } = input['node'] as { name: string };
  const parts = ['rollcall-pairing-v1', input['keyPublicId'], input['keySecretHash'], name, nonce];
  const hash = createHash('sha256').update(parts.join('\n')).digest('hex');
  const digits = BigInt(`0x${hash.slice(0, 10)}`)
    .toString(32)
    .padStart(8, '0');
  const crockford = Array.from(digits, (digit) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[Number.parseInt(digit, 32)]).join(
    '',
  );
  return `${crockford.slice(0, 4)}-${crockford.slice(4)}`;
}

/** The fingerprint of the key that was asked for, as an administrator sees it. */
export function fingerprintOf({ input }: ReceivedCall): string {
  const { keyPublicId, keySecretHash } = input as Record<string, string>;
  return createHash('sha256').update(`${keyPublicId}\n${keySecretHash}`).digest('hex');
}

/** A line as Cybus' agent writes it. */
export interface LogLine {
  level: number;
  time: number;
  pid: number;
  hostname: string;
  msg: string;
  v: number;
}

/** The lines on stdout. */
export function lines({ out }: AgentRun): LogLine[] {
  return out.map((line): LogLine => JSON.parse(line));
}

/** What they say. */
export function messages(run: AgentRun): string[] {
  return lines(run).map(({ msg }) => msg);
}

/** An agent that asks to be approved, and the server that it asks. */
export interface AskingAgent {
  readonly home: AgentHome;
  readonly server: ScriptedServer;
  /** The run that was started last. */
  readonly run: AgentRun;
  /** Starts a server with these steps and an agent that asks it. */
  start(steps: Step[], asides?: Asides): Promise<void>;
  /** Starts the server alone, with the agent configured. */
  serve(steps: Step[], asides?: Asides): Promise<void>;
  configure(more?: Record<string, Record<string, string | boolean>>): void;
  /** Starts the agent again. */
  runAgain(): void;
  /** Stops the agent, which must end well. */
  stop(): Promise<void>;
  /** Lets it make so many calls, then stops it. */
  callsOf(count: number): Promise<ReceivedCall[]>;
  /** The requests to be registered, as they came. */
  requests(): ReceivedCall[];
  pendingKey(): string;
  /** Waits until it has said this. */
  says(text: string): Promise<void>;
}

/** Made before each test and cleared away after it. */
export function askingAgent(): AskingAgent {
  let [home, server, run]: [AgentHome?, ScriptedServer?, AgentRun?] = [];
  beforeEach(() => {
    [home, server, run] = [makeHome(), undefined, undefined];
  });
  afterEach(async () => {
    run?.stop();
    await run?.exitCode;
    await server?.close();
    home?.remove();
  });
  const agent: AskingAgent = {
    get home() {
      return home!;
    },
    get server() {
      return server!;
    },
    get run() {
      return run!;
    },
    async start(steps, asides) {
      await agent.serve(steps, asides);
      agent.runAgain();
    },
    async serve(steps, asides) {
      server = await startScriptedServer(steps, asides && { asides });
      agent.configure();
    },
    configure: (more = {}) =>
      agent.home.configure({
        registration: { token: '' },
        agent: { id: '' },
        central: { api_url: agent.server.url, api_key: '' },
        server: { hostname: 'db1', environment: 'RUN', datacenter: 'eu-west' },
        ...more,
      }),
    runAgain: () => void (run = startAgent(agent.home)),
    async stop() {
      agent.run.stop();
      expect(await agent.run.exitCode).toBe(0);
    },
    async callsOf(count) {
      await until(() => agent.server.calls.length >= count);
      await agent.stop();
      return agent.server.calls;
    },
    requests: () =>
      [...agent.server.calls, ...agent.server.asides].filter(({ operation }) => operation === 'requestRegistration'),
    pendingKey: () => (agent.home.state()['pending'] as { key: string }).key,
    says: (text) => until(() => messages(agent.run).some((message) => message.includes(text))),
  };
  return agent;
}
