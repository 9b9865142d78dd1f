import type { FieldFault } from '../errors';
import { labelFaults, type LabelInput } from '../label/label';
import { textFaults } from '../text';
import { SERVICE_KINDS } from './service-kinds';
import type { ServiceType } from './service-type';

/** What is known of a service, whoever says it. */
export interface ServiceFacts {
  name: string;
  environment?: string | null;
  cluster?: string | null;
  replicationSet?: string | null;
  labels?: LabelInput[] | null;
  address?: string | null;
  port?: number | null;
  socket?: string | null;
  databaseName?: string | null;
  autoDiscoveryLimit?: number | null;
  group?: string | null;
}

/** The longest values of those that are text. */
const LONGEST = {
  name: 300,
  environment: 128,
  cluster: 256,
  replicationSet: 256,
  address: 253,
  socket: 256,
  databaseName: 256,
  group: 128,
} as const;

/** What is wrong with the facts of a service of this type, with paths below `path`. */
export function serviceFaults(type: ServiceType, facts: ServiceFacts, path: string): FieldFault[] {
  const texts = Object.entries(LONGEST) as [keyof typeof LONGEST, number][];
  return [
    ...texts.flatMap(([field, longest]) => textFaults(facts[field], `${path}.${field}`, longest)),
    ...labelFaults(facts.labels ?? [], `${path}.labels`),
    ...portFaults(facts, `${path}.port`),
    ...(hasEndpoint(type) ? endpointFaults(facts, path) : []),
  ];
}

function portFaults({ port }: ServiceFacts, path: string): FieldFault[] {
  return port != null && (port < 1 || port > 65_535) ? [{ path, message: 'Give a number from 1 to 65535.' }] : [];
}

function hasEndpoint(type: ServiceType): boolean {
  const fields: readonly string[] = SERVICE_KINDS[type].ownFields;
  return fields.includes('socket');
}

/** Exactly one of address and port, or socket. The fault is of the field that is too many, or that lacks. */
function endpointFaults({ address, port, socket }: ServiceFacts, path: string): FieldFault[] {
  if (socket != null && (address != null || port != null))
    return [{ path: `${path}.socket`, message: 'Give a socket, or an address and a port, not both.' }];
  if (socket != null || (address != null && port != null)) return [];
  const lacking = address == null ? 'address' : 'port';
  return [{ path: `${path}.${lacking}`, message: 'Give an address and a port, or a socket.' }];
}
