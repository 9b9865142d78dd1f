import { recordSuccesses } from '../audit/audit';
import type { FieldChange } from '../audit/audit-event';
import { changesOf } from '../audit/changes';
import type { Context } from '../context';
import { ChangeKind, InventoryObject } from '../inventory/inventory-change';
import { agentsBy } from '../inventory/remove-items';
import { LATER, type Update } from '../inventory/update-item';
import { clearSecrets } from '../secret/secrets';
import type { Service } from '../service/service';
import { raiseGeneration } from './generation';
import { mayNotMoveSecrets } from './guarded-secrets';
import { answerBy } from './secret-loader';

/** Where what is sent to a service goes. Drivers take more than a name for the name of a database: hosts, too. */
const ENDPOINT = { address: 'address', port: 'port', socket: 'socket', databaseName: 'databaseName' };

/**
 * What a change of a service means for the agents that observe it: their host agents are told, and when it is reached elsewhere, the
 * agents' secrets are cleared: who does not know them could otherwise have them sent to a server of their own. Tells which.
 */
export async function followService(context: Context, update: Update<Service>): Promise<FieldChange[]> {
  const { tx, before, after } = update;
  if (changesOf(before, after, ENDPOINT).length === 0) return [];
  // Whoever changes an agent locks its host agent first: a secret that was being set for where the service was is there by now.
  await raiseGeneration(tx, 'id IN (SELECT supervisor_id FROM agent WHERE observed_service_id = $1)', before.id);
  return mayNotMoveSecrets(context) ? clearSecretsOfObservers(context, update) : [];
}

async function clearSecretsOfObservers(
  context: Context,
  { tx, changed, before: service }: Update<Service>,
): Promise<FieldChange[]> {
  const observers = await agentsBy(tx, 'observed_service_id', service.id);
  const cleared = await clearSecrets(
    tx,
    observers.map(({ id }) => id),
  );
  await answerBy(tx, context, [...cleared.keys()]);
  await tx.query(`UPDATE agent SET updated_at = ${LATER} WHERE id = ANY ($1::uuid[])`, [[...cleared.keys()]]);
  const changedAgents = observers.filter(({ id }) => cleared.has(id));
  await recordSuccesses(
    tx,
    context,
    changedAgents.map(({ id, name }) => ({
      action: 'agent.update',
      targetType: 'agent',
      targetId: id,
      targetName: name,
      reason: 'What it observes is reached elsewhere.',
      changes: cleared.get(id)!,
    })),
  );
  for (const { id } of changedAgents) changed({ kind: ChangeKind.CHANGED, object: InventoryObject.AGENT, id });
  return [...cleared].flatMap(([id, changes]) =>
    changes.map(({ field, before, after }) => ({ field: `agent ${id}: ${field}`, before, after })),
  );
}
