import { followService } from '../agent/follow-service';
import type { Context } from '../context';
import { InventoryObject } from '../inventory/inventory-change';
import { updateItem, type UpdateRules } from '../inventory/update-item';
import { Service } from './service';
import { SERVICE_KINDS } from './service-kinds';
import { serviceFaults, type ServiceFacts } from './service-rules';
import { conflictOr, storedFacts, TOLD_OF_SERVICE } from './store-service';
import type { UpdateServiceInput, UpdateServicePayload } from './update-service.input';

const RULES: UpdateRules<Service> = {
  noun: 'service',
  object: InventoryObject.SERVICE,
  entity: Service,
  kindOf: ({ type }) => SERVICE_KINDS[type],
  typeFields: ['address', 'port', 'socket', 'databaseName', 'autoDiscoveryLimit', 'group'],
  required: ['name', 'databaseName', 'group'],
  faults: ({ type }, facts) => serviceFaults(type, facts as unknown as ServiceFacts, 'input'),
  stored: storedFacts,
  told: TOLD_OF_SERVICE,
  conflictOr,
  nameOf: ({ name }) => name,
};

/** Changes the facts of a service: what is absent stays, null clears, a value sets. Id, type and node stay. */
export async function updateService(context: Context, input: UpdateServiceInput): Promise<UpdateServicePayload> {
  const { item, changes } = await updateItem(
    context,
    { ...RULES, follow: (update) => followService(context, update) },
    input,
  );
  return { service: item, changes };
}
