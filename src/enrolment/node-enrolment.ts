import type { EntityManager } from 'typeorm';
import type { FieldChange } from '../audit/audit-event';
import { changesOf } from '../audit/changes';
import { violates } from '../database/constraint';
import { Conflict, InvalidInput, type FieldFault } from '../errors';
import { LATER } from '../inventory/update-item';
import { labelMap, MOST_LABELS, type LabelMap } from '../label/label';
import { ContainerNode } from '../node/container-node';
import { GenericNode } from '../node/generic-node';
import { NODE_NAME_KEY, RDS_ADDRESS_CHECK } from '../node/node';
import { MOST_TAGS } from '../node/placement';
import { conflictOr } from '../node/store-node';
import type { Enrolment, Grant } from './enrolment';

/**
 * Makes the node, or brings one that is enrolled afresh up to date; gives what that changed of it. Throws Conflict when its name,
 * container id or managed address is taken, InvalidInput when a managed instance cannot have the address.
 */
export async function enrolNode(tx: EntityManager, enrolment: Enrolment): Promise<FieldChange[]> {
  try {
    if (enrolment.target.nodeExists) return await replaceNode(tx, enrolment);
    await insertNode(tx, enrolment);
    return [];
  } catch (error) {
    if (violates(error, NODE_NAME_KEY))
      throw new Conflict(
        'A node of this name is on the roll already. Give the node another name, or have an administrator let it be replaced: by a registration token that replaces it, or by an approval with replace.',
      );
    if (violates(error, 'node_container_id_key'))
      throw new Conflict('Another node has this container id. Ask an administrator to remove that node first.');
    if (violates(error, RDS_ADDRESS_CHECK))
      throw new InvalidInput([
        { path: 'input.node.address', message: 'The address of an RDS instance has no dot: leave it out.' },
      ]);
    return conflictOr(error, 'input.node');
  }
}

async function insertNode(tx: EntityManager, { target, facts, grant, remoteAddress }: Enrolment): Promise<void> {
  const { tags, labels, ...node } = facts.node;
  const stored = {
    id: target.nodeId,
    name: node.name,
    address: node.address ?? remoteAddress,
    os: node.os ?? null,
    model: node.model ?? null,
    zone: node.zone ?? null,
    machineId: node.machineId ?? null,
    region: grant.region ?? node.region ?? null,
    environment: grant.environment ?? node.environment ?? null,
    ...joined(grant, [tags ?? []], [labelMap(labels ?? [])]),
  };
  if (node.containerId == null) await tx.insert(GenericNode, { ...stored, distro: node.distro ?? null });
  else
    await tx.insert(ContainerNode, {
      ...stored,
      containerId: node.containerId,
      containerName: node.containerName ?? null,
    });
}

/** What an enrolment may change of a node: its columns under their names in the schema. */
const FIELDS = {
  type: 'type',
  address: 'address',
  os: 'os',
  model: 'model',
  zone: 'zone',
  region: 'region',
  environment: 'environment',
  tags: 'tags',
  labels: 'labels',
  machine_id: 'machineId',
  container_id: 'containerId',
  container_name: 'containerName',
  distro: 'distro',
};

const COLUMNS = Object.keys(FIELDS).join(', ');

interface NodeRow extends Record<keyof typeof FIELDS, unknown> {
  tags: string[];
  labels: LabelMap;
}

/** Whether a node becomes what the agent says it is. The others have none of what tells machines and containers apart. */
const FOLLOWS = `(type IN ('GENERIC', 'CONTAINER'))`;

/**
 * Ids, name, services and history stay; what is given replaces, what is absent stays. A generic node and a container become
 * what the agent says they are now.
 */
async function replaceNode(tx: EntityManager, { target, facts, grant }: Enrolment): Promise<FieldChange[]> {
  const [stored] = await tx.query<NodeRow[]>(`SELECT ${COLUMNS} FROM node WHERE id = $1 FOR UPDATE`, [target.nodeId]);
  const { node } = facts;
  const merged = joined(grant, [stored!.tags, node.tags ?? []], [stored!.labels, labelMap(node.labels ?? [])]);
  const [replaced] = await tx.query<[NodeRow[], number]>(
    `UPDATE node SET
       address = coalesce($2, address), os = coalesce($3, os), model = coalesce($4, model), zone = coalesce($5, zone),
       region = coalesce($6, region), environment = coalesce($7, environment), tags = $8, labels = $9,
       machine_id = CASE WHEN ${FOLLOWS} THEN coalesce($10, machine_id) END,
       type = CASE WHEN NOT ${FOLLOWS} THEN type WHEN $11::text IS NULL THEN 'GENERIC' ELSE 'CONTAINER' END,
       container_id = CASE WHEN ${FOLLOWS} THEN $11::text END,
       container_name = CASE WHEN ${FOLLOWS} AND $11::text IS NOT NULL THEN coalesce($12, container_name) END,
       distro = CASE WHEN ${FOLLOWS} AND $11::text IS NULL THEN coalesce($13, distro) END,
       updated_at = ${LATER}
     WHERE id = $1 RETURNING ${COLUMNS}`,
    [
      target.nodeId,
      node.address ?? null,
      node.os ?? null,
      node.model ?? null,
      node.zone ?? null,
      grant.region ?? node.region ?? null,
      grant.environment ?? node.environment ?? null,
      merged.tags,
      merged.labelMap,
      node.machineId ?? null,
      node.containerId ?? null,
      node.containerName ?? null,
      node.distro ?? null,
    ],
  );
  return changesOf(stored!, replaced[0]!, FIELDS);
}

/** Tags and labels of all who gave some; the grant comes first, and of a label the first value counts. */
function joined(grant: Grant, tags: string[][], labels: LabelMap[]): { tags: string[]; labelMap: LabelMap } {
  const all = {
    tags: [...new Set([grant.tags, ...tags].flat())],
    labelMap: Object.assign({}, ...[grant.labels, ...labels].toReversed()) as LabelMap,
  };
  const faults = [
    ...(all.tags.length > MOST_TAGS ? [tooMany('tags')] : []),
    ...(Object.keys(all.labelMap).length > MOST_LABELS ? [tooMany('labels')] : []),
  ];
  if (faults.length > 0) throw new InvalidInput(faults);
  return all;
}

function tooMany(what: 'tags' | 'labels'): FieldFault {
  return {
    path: `input.node.${what}`,
    message: `With those of the token or approval and of the node there are more than 64: give fewer, or have fewer given.`,
  };
}
