import type { HostAgent, NodeDetails, Service } from './inventory';
import { properties, table } from './output';
import { instantAndDistance, relative } from './time';

/** A node with its host agent and its services, for people. */
export function nodeText(node: NodeDetails, services: Service[]): string {
  const parts = [
    properties([
      ['Name', node.name],
      ['Id', node.id],
      ['Type', node.type],
      ['Status', node.status],
      ['Last seen', instantAndDistance(node.lastSeenAt)],
      ['Address', node.address],
      ['OS', node.os],
      ['Distribution', node.distro],
      ['Model', node.model],
      ['Machine id', node.machineId],
      ['Container id', node.containerId],
      ['Container name', node.containerName],
      ['Region', node.region],
      ['Zone', node.zone],
      ['Environment', node.environment],
      ['Tags', node.tags.join(', ')],
      ['Labels', node.labels.map(({ name, value }) => `${name}=${value}`).join(', ')],
      ['Created', instantAndDistance(node.createdAt)],
      ['Host agent', hostAgentText(node.hostAgent)],
    ]),
  ];
  if (services.length > 0)
    parts.push(table(['SERVICE', 'TYPE', 'VERSION', 'WHERE', 'CLUSTER', 'ID'], services.map(serviceRow)));
  return parts.join('\n\n');
}

function hostAgentText(agent: HostAgent | null): string {
  if (agent === null) return 'none';
  const version = agent.version === null ? '' : ` ${agent.version}`;
  return `${agent.id}${version}, ${agent.status}, enrolled by ${agent.enrolledBy.toLowerCase()}, last seen ${relative(agent.lastSeenAt)}`;
}

function serviceRow({ name, type, version, address, port, socket, cluster, id }: Service): string[] {
  const place = socket ?? (address === null ? '' : `${address.includes(':') ? `[${address}]` : address}:${port ?? ''}`);
  return [name, type, version ?? '', place, cluster ?? '', id];
}
