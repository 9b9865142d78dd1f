import { hostname } from 'node:os';
import type { AgentConfig } from '../agent-config';
import { ExitCode } from '../../exit-code';
import { AgentFailure } from '../agent-failure';
import { isNodeName } from '../../node-name';
import { packageVersion } from '../../package-version';
import { addressTowards } from './address';
import { containerId } from './container';
import { distribution, machineId, operatingSystem } from './operating-system';
import { postgreSqlFacts, type PostgreSqlFacts } from './postgresql';

/** What is told of this host at registration. */
export interface HostFacts {
  hostname: string;
  os: string;
  distro?: string | undefined;
  /** Absent: the one that the call comes from. */
  address?: string | undefined;
  machineId?: string | undefined;
  containerId?: string | undefined;
  postgresql?: PostgreSqlFacts | undefined;
}

/** Collects the facts; `warn` is told what could not be found out although it was asked for. */
export async function collectFacts(config: AgentConfig, warn: (line: string) => void): Promise<HostFacts> {
  const [address, postgresql] = await Promise.all([
    addressTowards(config.apiUrl),
    postgreSqlFacts(config.postgresqlDsn, warn),
  ]);
  return {
    hostname: nodeName(config),
    os: operatingSystem(),
    distro: distribution(),
    address,
    machineId: machineId(),
    containerId: containerId(),
    postgresql,
  };
}

function nodeName({ hostname: configured, file }: AgentConfig): string {
  const name = configured ?? hostname();
  if (isNodeName(name)) return name;
  throw new AgentFailure(ExitCode.USAGE, `This host’s name cannot be a node’s name: set server.hostname in ${file}.`);
}

/** The facts and what the configuration adds to them, as the server is told them. */
export function factsInput(facts: HostFacts, { environment, datacenter, tags }: AgentConfig): Record<string, unknown> {
  const { hostname: name, postgresql, ...host } = facts;
  const node = { name, ...host, region: datacenter, environment, ...(tags.length > 0 && { tags }) };
  return { agentVersion: packageVersion(), node, postgresql };
}

/** The facts and what the configuration adds to them, as lines for people. */
export function describeFacts(facts: HostFacts, { environment, datacenter, tags }: AgentConfig): string[] {
  const rows: [string, string | undefined][] = [
    ['Hostname', facts.hostname],
    ['OS', facts.os],
    ['Distribution', facts.distro],
    ['Address', facts.address ?? 'as the server sees it'],
    ['Machine ID', facts.machineId],
    ['Container ID', facts.containerId],
    ['PostgreSQL', describePostgreSql(facts.postgresql)],
    ['Environment', environment],
    ['Datacenter', datacenter],
    ['Tags', tags.length > 0 ? tags.join(', ') : undefined],
  ];
  const known = rows.filter(([, value]) => value !== undefined);
  return ['Collected:', ...known.map(([name, value]) => `  ${`${name}:`.padEnd(14)}${value}`)];
}

function describePostgreSql(facts: PostgreSqlFacts | undefined): string {
  if (!facts) return 'none found';
  const place = facts.socket ?? (facts.address && `${facts.address}:${facts.port}`);
  return place === undefined ? facts.version : `${facts.version} at ${place}`;
}
