import type { Client } from './client';
import { notFound } from './failure';
import { items, type Page } from './paging';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a text that may be an id or a name has the form of an id. */
export function isId(reference: string): boolean {
  return UUID.test(reference);
}

/** A node as lists show it. */
export interface Node {
  id: string;
  type: string;
  name: string;
  status: string;
  address: string;
  region: string | null;
  zone: string | null;
  environment: string | null;
  os: string | null;
  tags: string[];
  labels: { name: string; value: string }[];
  lastSeenAt: string | null;
  createdAt: string;
  updatedAt: string;
  hostAgent: HostAgent | null;
}

export interface HostAgent {
  id: string;
  status: string;
  version: string | null;
  lastSeenAt: string | null;
  enrolledBy: string;
}

export interface Service {
  id: string;
  type: string;
  name: string;
  version: string | null;
  address: string | null;
  port: number | null;
  socket: string | null;
  environment: string | null;
  cluster: string | null;
  replicationSet: string | null;
  labels: { name: string; value: string }[];
}

/** A node with what its kind adds. */
export interface NodeDetails extends Node {
  model: string | null;
  machineId?: string | null;
  distro?: string | null;
  containerId?: string | null;
  containerName?: string | null;
}

const NODE_FIELDS = `id type name status address region zone environment os tags labels { name value } lastSeenAt createdAt updatedAt
  hostAgent { id status version lastSeenAt enrolledBy }`;
const PAGE_INFO = 'pageInfo { hasNextPage endCursor }';

const NODES = `query ($filter: NodeFilter, $first: Int, $after: String) {
  nodes(filter: $filter, first: $first, after: $after) { nodes { ${NODE_FIELDS} } ${PAGE_INFO} }
}`;
const NODE = `query ($by: NodeBy!) {
  node(by: $by) {
    ${NODE_FIELDS} model
    ... on GenericNode { machineId distro }
    ... on ContainerNode { machineId containerId containerName }
  }
}`;
const SERVICES = `query ($nodeId: ID!, $first: Int, $after: String) {
  services(filter: { nodeIds: [$nodeId] }, first: $first, after: $after) {
    nodes { id type name version address port socket environment cluster replicationSet labels { name value } } ${PAGE_INFO}
  }
}`;

/** By name. The filter is the contract's NodeFilter. */
export function nodes(client: Client, filter: Record<string, unknown>, limit?: number): AsyncGenerator<Node> {
  return items(async (page) => {
    const data = await client.ask<{ nodes: Page<Node> }>(NODES, { filter, ...page });
    return data.nodes;
  }, limit);
}

/** The node of an id or a name; a name may look like an id. */
export async function findNode(client: Client, reference: string): Promise<NodeDetails> {
  for (const by of isId(reference) ? [{ id: reference }, { name: reference }] : [{ name: reference }]) {
    const { node } = await client.ask<{ node: NodeDetails | null }>(NODE, { by });
    if (node !== null) return node;
  }
  throw notFound('node');
}

export function servicesOf(client: Client, nodeId: string): AsyncGenerator<Service> {
  return items(async (page) => {
    const data = await client.ask<{ services: Page<Service> }>(SERVICES, { nodeId, ...page });
    return data.services;
  });
}
