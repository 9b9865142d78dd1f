import { isIPv6 } from 'node:net';
import type { LabelMap } from '../label/label';

/** The labels that the inventory itself gives, by where it has them, in SQL. A service that says no environment is in that of its node. */
export const OWN_LABELS = {
  node_id: 'node.id',
  node_name: 'node.name',
  node_type: 'lower(node.type)',
  machine_id: 'node.machine_id',
  container_id: 'node.container_id',
  container_name: 'node.container_name',
  node_model: 'node.model',
  region: 'node.region',
  az: 'node.zone',
  environment: 'coalesce(service.environment, node.environment)',
  service_id: 'service.id',
  service_name: 'service.name',
  service_type: 'lower(service.type)',
  cluster: 'service.cluster',
  replication_set: 'service.replication_set',
  external_group: 'service.external_group',
  agent_id: 'agent.id',
  agent_type: 'lower(agent.type)',
  instance: 'agent.id',
};

type OwnLabel = keyof typeof OWN_LABELS;
const OWN = Object.keys(OWN_LABELS) as OwnLabel[];

/** An agent that listens: where, and what its labels are made of. */
export interface TargetRow extends Record<OwnLabel, string | null> {
  agent_id: string;
  port: number;
  /** The address of the node that it runs on. */
  address: string;
  /** Of external exporters alone. */
  scheme: string | null;
  metrics_path: string | null;
  agent_labels: LabelMap;
  /** Of the node that it observes, or that of the service which it observes. */
  node_labels: LabelMap;
  service_labels: LabelMap | null;
}

/** Labels; what is undefined is none. */
export type TargetLabels = Record<string, string | undefined>;

/** Where it is asked, as host:port; null when the address is that of no host: with a slash in it Prometheus refuses the whole group. */
export function targetAddress({ address, port }: Pick<TargetRow, 'address' | 'port'>): string | null {
  if (isIPv6(address)) return `[${address}]:${port}`;
  return /^[^\s:/@?#%[\]\\]+$/.test(address) ? `${address}:${port}` : null;
}

/** Its labels: those that somebody gave to node, service and agent, of which a later one wins, and the inventory's own. An empty one is none. */
export function targetLabels(row: TargetRow): TargetLabels {
  const labels: TargetLabels = {};
  for (const given of [row.node_labels, row.service_labels, row.agent_labels])
    for (const name in given) labels[sanitised(name)] = String(given[name]) || undefined;
  for (const name of OWN) labels[name] = row[name] || undefined;
  labels['__scheme__'] = row.scheme ?? undefined;
  labels['__metrics_path__'] = row.metrics_path ?? undefined;
  return labels;
}

/** Prometheus drops all targets for one name that it does not take, and takes those with two underscores first for orders to itself. */
function sanitised(name: string): string {
  if (/^(?!__)[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
  return `_${name.replace(/[^A-Za-z0-9]+/g, '_').replace(/^_/, '')}`;
}
