import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ExitCode } from '../exit-code';
import { AgentFailure, causeOf } from './agent-failure';
import { parseConfigText, type ConfigValues } from './config-text';

/** What config.yml says, checked, with absolute paths. An empty text is the same as an absent one. */
export interface AgentConfig {
  file: string;
  token: string | undefined;
  /** Of an agent that is enrolled by approval: whether it asks again when its key is refused for good. */
  reRegister: boolean;
  agentId: string | undefined;
  /** Without a slash at its end. */
  apiUrl: string;
  apiKey: string | undefined;
  caFile: string | undefined;
  /** 64 lower-case hex digits: the SHA-256 of the CA's SubjectPublicKeyInfo. */
  caPin: string | undefined;
  hostname: string | undefined;
  environment: string | undefined;
  datacenter: string | undefined;
  tags: string[];
  stateFolder: string;
  postgresqlDsn: string | undefined;
}

/** Whether an administrator is asked to let the agent in: there is nothing else by which it could be. */
export function isEnrolledByApproval({ token, agentId, apiKey }: AgentConfig): boolean {
  return token === undefined && agentId === undefined && apiKey === undefined;
}

/** Reads and checks the file. All its faults are told at once, each with line and column; exit code 2. */
export function readAgentConfig(file: string): AgentConfig {
  const { values, faults } = parseConfigText(readText(file));
  if (faults.length > 0) {
    const lines = faults.map(({ position: { line, column }, message }) => `${file}:${line}:${column}: ${message}`);
    throw new AgentFailure(ExitCode.USAGE, lines.join('\n'));
  }
  return toConfig(path.resolve(file), values);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const message = `The configuration ${file} cannot be read (${causeOf(error)}): name a readable file with --config.`;
    throw new AgentFailure(ExitCode.USAGE, message);
  }
}

function toConfig(file: string, values: ConfigValues): AgentConfig {
  const folder = path.dirname(file);
  const { name } = path.parse(file);
  const text = (setting: string): string | undefined => values.texts.get(setting);
  const caFile = text('central.ca_file');
  return {
    file,
    token: text('registration.token'),
    reRegister: values.reRegister,
    agentId: text('agent.id'),
    apiUrl: (text('central.api_url') ?? '').replace(/\/+$/, ''),
    apiKey: text('central.api_key'),
    caFile: caFile === undefined ? undefined : path.resolve(folder, caFile),
    caPin: text('central.ca_pin')?.slice('sha256:'.length).toLowerCase(),
    hostname: text('server.hostname'),
    environment: text('server.environment'),
    datacenter: text('server.datacenter'),
    tags: values.tags,
    stateFolder: path.resolve(folder, text('state.dir') ?? `${name}.state`),
    postgresqlDsn: text('postgresql.dsn'),
  };
}
