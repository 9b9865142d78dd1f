import type { EntityManager } from 'typeorm';
import type { FieldChange } from '../audit/audit-event';
import { raiseGeneration } from './generation';

/** Where what is observed of a managed instance is found. */
const PLACE = ['address', 'region', 'instanceId'];

/** What changes of a node mean for the agents that observe it: when it is found elsewhere, their host agents are told. */
export async function followNode(tx: EntityManager, nodeId: string, changes: readonly FieldChange[]): Promise<void> {
  if (changes.some(({ field }) => PLACE.includes(field)))
    await raiseGeneration(tx, 'id IN (SELECT supervisor_id FROM agent WHERE observed_node_id = $1)', nodeId);
}
