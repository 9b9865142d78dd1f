import { countingRefusals } from '../audit/counted-refusal';
import type { Context } from '../context';
import { NotFound } from '../errors';
import { changeInventory } from '../inventory/change-inventory';
import { agentsBy, refuseDependants, removeItems } from '../inventory/remove-items';
import { lockItem } from '../inventory/update-item';
import { isUuid } from '../scalars/uuid';
import type { RemoveServiceInput, RemoveServicePayload } from './remove-service.input';
import { Service } from './service';

/** Takes a service off the roll; its node stays. The agents that observe it refuse that, or go with it by force. */
export async function removeService(
  context: Context,
  { id, force, dryRun }: RemoveServiceInput,
): Promise<RemoveServicePayload> {
  if (!isUuid(id)) throw new NotFound('service');
  const attempt = { action: 'service.remove', target: { type: 'service', id } };
  return countingRefusals(context, attempt, () =>
    changeInventory(
      context,
      async ({ tx, changed }) => {
        const service = await lockItem(tx, { noun: 'service', entity: Service }, id);
        const agents = await agentsBy(tx, 'observed_service_id', id);
        if (!force) refuseDependants('service', { services: [], agents });
        const removed = await removeItems(tx, context, { nodes: [], services: [service], agents });
        removed.changes.forEach(changed);
        return { serviceId: id, removedAgents: removed.agents };
      },
      { dryRun },
    ),
  );
}
