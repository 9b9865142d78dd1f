import type { EntityManager, QueryDeepPartialEntity } from 'typeorm';
import { changesOf } from '../audit/changes';
import { violates } from '../database/constraint';
import { Conflict } from '../errors';
import type { Added } from '../inventory/add-item';
import { labelMap } from '../label/label';
import { AZURE_ADDRESS_KEY, CONTAINER_ID_KEY, Node, NODE_NAME_KEY, RDS_ADDRESS_KEY } from './node';
import { NODE_KINDS } from './node-kinds';
import type { NodeFacts } from './node-rules';
import type { NodeType } from './node-type';

/** What the audit trail and the answers to updates tell of a node: its properties under their names in the schema. */
export const TOLD_OF_NODE = {
  name: 'name',
  address: 'address',
  model: 'model',
  region: 'region',
  zone: 'zone',
  environment: 'environment',
  os: 'os',
  tags: 'tags',
  labelMap: 'labels',
  machineId: 'machineId',
  distro: 'distro',
  containerId: 'containerId',
  containerName: 'containerName',
  instanceId: 'instanceId',
};

/** The given facts as they are stored; what is absent stays absent. */
export function storedFacts({ tags, labels, ...facts }: Partial<NodeFacts>): QueryDeepPartialEntity<Node> {
  return {
    ...Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)),
    ...(tags !== undefined && { tags: [...new Set(tags ?? [])] }),
    ...(labels !== undefined && { labelMap: labelMap(labels ?? []) }),
  };
}

/** Throws Conflict where another node stands for it. */
export async function insertNode(
  tx: EntityManager,
  type: NodeType,
  id: string,
  facts: NodeFacts,
  path: string,
): Promise<Added<Node>> {
  const values = { ...storedFacts(facts), id };
  await tx.insert(NODE_KINDS[type].entity, values).catch((error: unknown) => conflictOr(error, path));
  const item = await tx.findOneByOrFail(Node, { id });
  return { item, name: item.name, changes: changesOf({}, item, TOLD_OF_NODE) };
}

/** Throws Conflict, with the field below `path`, where a constraint was broken that another node stands for. */
export function conflictOr(error: unknown, path: string): never {
  if (violates(error, NODE_NAME_KEY)) throw new Conflict('A node of this name is on the roll already.', `${path}.name`);
  if (violates(error, CONTAINER_ID_KEY))
    throw new Conflict('Another node has this container id.', `${path}.containerId`);
  if (violates(error, RDS_ADDRESS_KEY))
    throw new Conflict('An RDS instance with this address is in this region already.', `${path}.address`);
  if (violates(error, AZURE_ADDRESS_KEY))
    throw new Conflict('An Azure database with this address is in this region already.', `${path}.address`);
  throw error;
}
