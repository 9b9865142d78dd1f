import { v7 as uuidv7 } from 'uuid';
import type { Context } from '../context';
import { InvalidInput } from '../errors';
import { addItem } from '../inventory/add-item';
import { InventoryObject } from '../inventory/inventory-change';
import { holdNodes } from '../node/hold-nodes';
import { onlyOne } from '../only-one';
import type { AddServiceInput, AddServicePayload } from './add-service.input';
import { SERVICE_TYPES } from './service-kinds';
import { serviceFaults, type ServiceFacts } from './service-rules';
import { ServiceType } from './service-type';
import { insertService } from './store-service';

/** What is not said of a type that has it. */
const DEFAULTS: { [Type in ServiceType]?: Partial<ServiceFacts> } = {
  [ServiceType.POSTGRESQL]: { databaseName: 'postgres' },
  [ServiceType.EXTERNAL]: { group: 'external' },
};

/** Puts a service of a node on the roll. */
export async function addService(context: Context, input: AddServiceInput): Promise<AddServicePayload> {
  const [kind, { nodeId, ...given }] = onlyOne(input, 'input');
  const path = `input.${kind}`;
  const type = SERVICE_TYPES[kind];
  const facts = withDefaults(type, given);
  const faults = serviceFaults(type, facts, path);
  if (faults.length > 0) throw new InvalidInput(faults);
  const service = await addItem(context, {
    noun: 'service',
    object: InventoryObject.SERVICE,
    async insert(tx) {
      await holdNodes(tx, [nodeId], `${path}.nodeId`);
      return insertService(tx, type, { id: uuidv7(), nodeId }, facts, path);
    },
  });
  return { service };
}

function withDefaults(type: ServiceType, given: ServiceFacts): ServiceFacts {
  const said = Object.entries(given).filter(([, value]) => value !== null && value !== undefined);
  return { ...DEFAULTS[type], ...(Object.fromEntries(said) as unknown as ServiceFacts) };
}
