import type { EntityManager } from 'typeorm';
import type { FieldChange } from '../audit/audit-event';
import type { Actor } from '../access/actor';
import { ApiKey, KeyEnd } from '../access/api-key';
import { endKeys } from '../access/end-keys';
import { Role } from '../access/role';
import type { EnrolmentMethod } from '../agent/agent-type';
import { followNode } from '../agent/follow-node';
import { HostAgent } from '../agent/host-agent';
import { ChangeKind, InventoryObject, type InventoryChange } from '../inventory/inventory-change';
import { LATER } from '../inventory/update-item';
import type { LabelMap } from '../label/label';
import { Liveness } from '../sync/liveness';
import type { AgentFacts } from './facts';
import { enrolNode } from './node-enrolment';
import { enrolPostgreSql } from './postgresql-enrolment';
import type { EnrolmentTarget } from './target';

/** What whoever let the agent in says of the node; it wins over what the agent says. */
export interface Grant {
  method: EnrolmentMethod;
  region: string | null;
  environment: string | null;
  tags: string[];
  labels: LabelMap;
  /** Who let it in, for the key's createdBy. */
  grantedBy: Actor;
}

/** The key that the agent will use, as it is stored. */
export interface EnrolledKey {
  id: string;
  publicId: string;
  secretHash: Buffer;
  ttlSeconds: number | null;
  rotatedFromId?: string;
}

export interface Enrolment {
  target: EnrolmentTarget;
  facts: AgentFacts;
  grant: Grant;
  key: EnrolledKey;
  /** Where the call came from: the address of a node that gives none. */
  remoteAddress: string;
  syncIntervalSeconds: number;
}

/** What came of it. */
export interface Enrolled {
  agentId: string;
  nodeId: string;
  /** The PostgreSQL service, when one was named. */
  serviceId: string | null;
  /** The public ids of the keys that it ended. */
  endedKeys: string[];
  /** What it changed of a node that was there. */
  changes: FieldChange[];
  inventory: InventoryChange[];
}

/**
 * Puts an agent on the roll, in the transaction of what let it in: node, host agent, service, key. Both ways in end here.
 * Throws Conflict when a name is taken, InvalidInput when there are too many tags or labels in all.
 */
export async function enrol(tx: EntityManager, enrolment: Enrolment): Promise<Enrolled> {
  const { target, facts, grant, key } = enrolment;
  // Locked in the order that changes of the inventory have: node, service, liveness, host agents.
  const nodeChanges = await enrolNode(tx, enrolment);
  const service = facts.postgresql
    ? await enrolPostgreSql(tx, target.nodeId, facts.node.name, facts.postgresql)
    : { serviceId: null, wasKnown: false, changes: [] };
  await enrolHostAgent(tx, enrolment);
  await followNode(tx, target.nodeId, nodeChanges);
  const endedKeys = await endKeys(tx, { agent_id: [target.agentId] }, KeyEnd.AGENT_REPLACED);
  await insertAgentKey(tx, target.agentId, facts.node.name, grant.grantedBy, key);
  return {
    agentId: target.agentId,
    nodeId: target.nodeId,
    serviceId: service.serviceId,
    endedKeys,
    changes: [...nodeChanges, ...service.changes],
    inventory: [
      { object: InventoryObject.NODE, id: target.nodeId, kind: kindOf(target.nodeExists) },
      { object: InventoryObject.AGENT, id: target.agentId, kind: kindOf(target.agentExists) },
      ...(service.serviceId === null || (service.wasKnown && service.changes.length === 0)
        ? []
        : [{ object: InventoryObject.SERVICE, id: service.serviceId, kind: kindOf(service.wasKnown) }]),
    ],
  };
}

function kindOf(wasThere: boolean): ChangeKind {
  return wasThere ? ChangeKind.CHANGED : ChangeKind.ADDED;
}

/** What is known of the host that had the credential before is not of the new one. */
const NEW_HOST = {
  bootId: null,
  supersededBootId: null,
  refusedBootId: null,
  cloneSuspectedAt: null,
  reportedGeneration: null,
};

/** A host agent that is there keeps its id and history; its boot id is forgotten, so that the new host is no clone. */
async function enrolHostAgent(tx: EntityManager, { target, facts, grant, syncIntervalSeconds }: Enrolment) {
  const { agentId, nodeId } = target;
  const enrolled = { enrolledBy: grant.method, ...(facts.agentVersion != null && { version: facts.agentVersion }) };
  if (target.agentExists) {
    // Liveness first, as a sync has it: the other way round the two could lock each other out.
    await tx.update(Liveness, agentId, { ...NEW_HOST, enrolment: () => 'enrolment + 1' });
    await tx.update(HostAgent, agentId, { ...enrolled, updatedAt: () => LATER });
  } else {
    await tx.insert(HostAgent, { ...enrolled, id: agentId, runsOnNodeId: nodeId, generation: 1 });
    await tx.insert(Liveness, { agentId, syncIntervalSeconds });
  }
}

/** Stores an agent's key, named after its node. */
export async function insertAgentKey(
  tx: EntityManager,
  agentId: string,
  nodeName: string,
  createdBy: Actor,
  { ttlSeconds, ...key }: EnrolledKey,
): Promise<void> {
  await tx.insert(ApiKey, {
    ...key,
    agentId,
    name: nodeName,
    role: Role.AGENT,
    createdByName: createdBy.name,
    createdByKeyPublicId: createdBy.keyPublicId,
    ...(ttlSeconds !== null && { expiresAt: () => `clock_timestamp() + make_interval(secs => ${ttlSeconds})` }),
  });
}
