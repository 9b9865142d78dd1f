import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CredentialKind, makeCredential } from '../../src/access/credential';
import type { AgentConfig } from '../../src/host-agent/agent-config';
import { runHostAgent } from '../../src/host-agent/host-agent';
import { wait } from '../../src/host-agent/surroundings';

/** A folder of its own for one test, with a configuration in it. */
export interface AgentHome {
  folder: string;
  configFile: string;
  stateFile: string;
  configure(sections: Record<string, Record<string, string | boolean>>): void;
  state(): Record<string, unknown>;
  remove(): void;
}

/** What a run said and waited for, and how it ended. */
export interface AgentRun {
  exitCode: Promise<number>;
  out: string[];
  err: string[];
  /** In milliseconds. */
  waits: number[];
  stop(): void;
}

export function makeHome(): AgentHome {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollcall-agent-'));
  const configFile = path.join(folder, 'config.yml');
  const stateFile = path.join(folder, 'config.state', 'state.json');
  return {
    folder,
    configFile,
    stateFile,
    configure(sections) {
      const lines = Object.entries(sections).flatMap(([section, settings]) => [
        `${section}:`,
        ...Object.entries(settings).map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`),
      ]);
      writeFileSync(configFile, `${lines.join('\n')}\n`);
    },
    state() {
      const state: Record<string, unknown> = JSON.parse(readFileSync(stateFile, 'utf8'));
      return state;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A configuration that says no more than it must. */
export const BARE_CONFIG: AgentConfig = {
  file: 'config.yml',
  token: undefined,
  reRegister: true,
  agentId: undefined,
  apiUrl: 'http://127.0.0.1:8080',
  apiKey: undefined,
  caFile: undefined,
  caPin: undefined,
  hostname: undefined,
  environment: undefined,
  datacenter: undefined,
  tags: [],
  stateFolder: 'config.state',
  postgresqlDsn: undefined,
};

export function makeToken(): string {
  return makeCredential(CredentialKind.REGISTRATION_TOKEN).text;
}

export function makeKey(): string {
  return makeCredential(CredentialKind.AGENT_KEY).text;
}

/** Runs the agent in this process; its waits are recorded and cut short. */
export function startAgent(
  { configFile }: Pick<AgentHome, 'configFile'>,
  { register = false, write = false, patience = 60_000 } = {},
): AgentRun {
  const controller = new AbortController();
  const run = { out: [] as string[], err: [] as string[], waits: [] as number[], stop: () => controller.abort() };
  const surroundings = {
    print: (line: string) => void run.out.push(line),
    warn: (line: string) => void run.err.push(line),
    fail: (line: string) => void run.err.push(line),
    wait: (milliseconds: number, signal: AbortSignal) => {
      run.waits.push(milliseconds);
      return wait(Math.min(milliseconds, 5), signal);
    },
    registrationPatience: patience,
  };
  return Object.assign(run, {
    exitCode: runHostAgent({ configFile, register, write, signal: controller.signal }, surroundings),
  });
}

/** Looks every few milliseconds until it holds; fails when it does not within the time, in milliseconds. */
export async function until(holds: () => boolean, time = 5_000): Promise<void> {
  const deadline = performance.now() + time;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('It did not come to hold in time.');
    await new Promise((resolve) => void setTimeout(resolve, 5));
  }
}
