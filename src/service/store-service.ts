import type { EntityManager, QueryDeepPartialEntity } from 'typeorm';
import { changesOf } from '../audit/changes';
import { violates } from '../database/constraint';
import { Conflict } from '../errors';
import type { Added } from '../inventory/add-item';
import { labelMap } from '../label/label';
import { Service, SERVICE_NAME_KEY } from './service';
import { SERVICE_KINDS } from './service-kinds';
import type { ServiceFacts } from './service-rules';
import type { ServiceType } from './service-type';

/** What the audit trail and the answers to updates tell of a service: its properties under their names in the schema. */
export const TOLD_OF_SERVICE = {
  name: 'name',
  nodeId: 'node',
  environment: 'environment',
  cluster: 'cluster',
  replicationSet: 'replicationSet',
  address: 'address',
  port: 'port',
  socket: 'socket',
  labelMap: 'labels',
  databaseName: 'databaseName',
  autoDiscoveryLimit: 'autoDiscoveryLimit',
  group: 'group',
};

/** The given facts as they are stored; what is absent stays absent. */
export function storedFacts({ labels, ...facts }: Partial<ServiceFacts>): QueryDeepPartialEntity<Service> {
  return {
    ...Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)),
    ...(labels !== undefined && { labelMap: labelMap(labels ?? []) }),
  };
}

/** Of a node that is held. Throws Conflict when the name is taken. */
export async function insertService(
  tx: EntityManager,
  type: ServiceType,
  ids: { id: string; nodeId: string },
  facts: ServiceFacts,
  path: string,
): Promise<Added<Service>> {
  await tx
    .insert(SERVICE_KINDS[type].entity, { ...storedFacts(facts), ...ids })
    .catch((error: unknown) => conflictOr(error, path));
  const item = await tx.findOneByOrFail(Service, { id: ids.id });
  return { item, name: item.name, changes: changesOf({}, item, TOLD_OF_SERVICE) };
}

/** Throws Conflict, with the field below `path`, when the name is another's. */
export function conflictOr(error: unknown, path: string): never {
  if (violates(error, SERVICE_NAME_KEY))
    throw new Conflict('A service of this name is on the roll already.', `${path}.name`);
  throw error;
}
