import type { EntityManager } from 'typeorm';
import { KeyEnd } from '../access/api-key';
import { endKeys } from '../access/end-keys';
import { raiseGeneration } from '../agent/generation';
import { recordSuccesses, type AuditEntry, type AuditSource } from '../audit/audit';
import { FailedPrecondition } from '../errors';
import { clearSecrets } from '../secret/secrets';
import { ChangeKind, InventoryObject, type InventoryChange } from './inventory-change';

/** Something that is to go. */
interface Doomed {
  id: string;
  name: string;
}

/** All that goes with what is removed, and that itself. */
export interface Removal {
  nodes: Doomed[];
  services: Doomed[];
  agents: Doomed[];
}

/** What of the inventory went, and the public ids of the keys that ended. */
export interface Removed {
  changes: InventoryChange[];
  endedKeys: string[];
  /** How many agents: some may have gone meanwhile, by somebody else. */
  agents: number;
}

/** An agent is called what it is, and where it runs. */
const AGENT_NAME = `agent.type || ' on ' || (SELECT name FROM node WHERE id = agent.runs_on_node_id)`;

/** What hangs on nodes: their services, the agents that run on them, and those anywhere that observe them or these services. */
export async function dependantsOfNodes(tx: EntityManager, nodeIds: string[]): Promise<Omit<Removal, 'nodes'>> {
  const services = await tx.query<Doomed[]>(
    'SELECT id, name FROM service WHERE node_id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE',
    [nodeIds],
  );
  const agents = await tx.query<Doomed[]>(
    `SELECT id, ${AGENT_NAME} AS name FROM agent
     WHERE runs_on_node_id = ANY ($1::uuid[]) OR observed_node_id = ANY ($1::uuid[]) OR observed_service_id = ANY ($2::uuid[])
     ORDER BY id`,
    [nodeIds, services.map(({ id }) => id)],
  );
  return { services, agents };
}

/** One agent, those that a host agent starts and stops, or those that observe a service, wherever they run. */
export function agentsBy(
  tx: EntityManager,
  column: 'id' | 'supervisor_id' | 'observed_service_id',
  id: string,
): Promise<Doomed[]> {
  return tx.query<Doomed[]>(`SELECT id, ${AGENT_NAME} AS name FROM agent WHERE ${column} = $1 ORDER BY id`, [id]);
}

/** Throws FailedPrecondition, with their numbers, when something hangs on what is to be removed. */
export function refuseDependants(noun: string, { services, agents }: Omit<Removal, 'nodes'>): void {
  const dependants = { services: services.length, agents: agents.length };
  const told = Object.entries(dependants).flatMap(([kind, count]) =>
    count === 0 ? [] : [`${count} ${count === 1 ? kind.slice(0, -1) : kind}`],
  );
  if (told.length > 0)
    throw new FailedPrecondition(`This ${noun} has ${told.join(' and ')}: remove them first, or give force.`, {
      dependants,
    });
}

/**
 * Removes all of it, with a row of the audit trail each. The keys of agents end, and outlive them; host agents that go on are told to run
 * their other agents alone; tokens that would replace a removed node are revoked.
 */
export async function removeItems(
  tx: EntityManager,
  source: AuditSource,
  { nodes, services, agents: found }: Removal,
): Promise<Removed> {
  const agents = await lockAgents(tx, idsOf(found));
  const endedKeys = await removeAgents(tx, idsOf(agents));
  await removeServices(tx, idsOf(services));
  await removeNodes(tx, idsOf(nodes));
  const gone = [
    ...nodes.map((item) => ({ noun: 'node', object: InventoryObject.NODE, ...item })),
    ...services.map((item) => ({ noun: 'service', object: InventoryObject.SERVICE, ...item })),
    ...agents.map((item) => ({ noun: 'agent', object: InventoryObject.AGENT, ...item })),
  ];
  await recordSuccesses(tx, source, gone.map(removalEntry));
  return {
    endedKeys,
    agents: agents.length,
    changes: gone.map(({ object, id }) => ({ kind: ChangeKind.REMOVED, object, id })),
  };
}

function removalEntry({ noun, id, name }: Doomed & { noun: string }): AuditEntry {
  return { action: `${noun}.remove`, targetType: noun, targetId: id, targetName: name };
}

const idsOf = (items: Doomed[]) => items.map(({ id }) => id);

/**
 * Locks agents, and tells those that are still there. Liveness first, as a sync has it, and host agents before what they start and stop, as a
 * change of such an agent has it: the other way round the two could lock each other out. A host agent that stays may be given a key meanwhile.
 */
async function lockAgents(tx: EntityManager, ids: string[]): Promise<Doomed[]> {
  if (ids.length === 0) return [];
  await tx.query('SELECT FROM liveness WHERE agent_id = ANY ($1::uuid[]) ORDER BY agent_id FOR UPDATE', [ids]);
  const locked = await tx.query<Doomed[]>(
    `SELECT id, ${AGENT_NAME} AS name FROM agent
     WHERE id = ANY ($1::uuid[]) OR id IN (SELECT supervisor_id FROM agent WHERE id = ANY ($1::uuid[]))
     ORDER BY supervisor_id IS NOT NULL, id FOR NO KEY UPDATE`,
    [ids],
  );
  const doomed = new Set(ids);
  return locked.filter(({ id }) => doomed.has(id));
}

async function removeAgents(tx: EntityManager, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  await tx.query('DELETE FROM liveness WHERE agent_id = ANY ($1::uuid[])', [ids]);
  await clearSecrets(tx, ids);
  const endedKeys = await endKeys(tx, { agent_id: ids }, KeyEnd.AGENT_REMOVED);
  await tx.query('UPDATE api_key SET agent_id = NULL WHERE agent_id = ANY ($1::uuid[])', [ids]);
  await tx.query('UPDATE registration_token_claim SET agent_id = NULL WHERE agent_id = ANY ($1::uuid[])', [ids]);
  await tx.query('UPDATE registration_request SET agent_id = NULL WHERE agent_id = ANY ($1::uuid[])', [ids]);
  await raiseGeneration(
    tx,
    'id <> ALL ($1::uuid[]) AND id IN (SELECT supervisor_id FROM agent WHERE id = ANY ($1::uuid[]))',
    ids,
  );
  await tx.query('DELETE FROM agent WHERE id = ANY ($1::uuid[])', [ids]);
  return endedKeys;
}

async function removeServices(tx: EntityManager, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.query('UPDATE registration_token_claim SET service_id = NULL WHERE service_id = ANY ($1::uuid[])', [ids]);
  await tx.query('DELETE FROM service WHERE id = ANY ($1::uuid[])', [ids]);
}

async function removeNodes(tx: EntityManager, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.query(
    `UPDATE registration_token SET replaces_node_id = NULL, revoked_at = coalesce(revoked_at, clock_timestamp())
     WHERE replaces_node_id = ANY ($1::uuid[])`,
    [ids],
  );
  await tx.query('DELETE FROM node WHERE id = ANY ($1::uuid[])', [ids]);
}
