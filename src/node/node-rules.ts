import { holdsSecret } from '../access/credential';
import type { FieldFault } from '../errors';
import { isNodeName } from '../node-name';
import { HOLDS_SECRET, textFaults } from '../text';
import { NodeType } from './node-type';
import { placementFaults, type Placement } from './placement';

/** What is known of a node, whoever says it. */
export interface NodeFacts extends Placement {
  name: string;
  address?: string | null;
  os?: string | null;
  model?: string | null;
  zone?: string | null;
  machineId?: string | null;
  distro?: string | null;
  containerId?: string | null;
  containerName?: string | null;
  instanceId?: string | null;
}

const LONGEST_ADDRESS = 253;
const LONGEST_FACT = 256;

/** What is wrong with the facts of a node of this type, with paths below `path`. */
export function nodeFaults(type: NodeType, facts: NodeFacts, path: string): FieldFault[] {
  const { os, distro, model, machineId, containerId, containerName, zone, instanceId } = facts;
  const texts = Object.entries({ os, distro, model, machineId, containerId, containerName, zone, instanceId });
  return [
    ...nameFaults(facts.name, `${path}.name`),
    ...textFaults(facts.address, `${path}.address`, LONGEST_ADDRESS),
    ...texts.flatMap(([field, value]) => textFaults(value, `${path}.${field}`, LONGEST_FACT)),
    ...placementFaults(facts, path),
    ...typeFaults(type, facts, path),
  ];
}

function nameFaults(name: string, path: string): FieldFault[] {
  if (holdsSecret(name)) return [{ path, message: HOLDS_SECRET }];
  if (isNodeName(name)) return [];
  const message =
    'Give 1 to 253 letters, digits, dots, underscores and dashes, the first and the last a letter or digit.';
  return [{ path, message }];
}

const MANAGED = new Set([NodeType.REMOTE_RDS, NodeType.REMOTE_AZURE_DATABASE]);

function typeFaults(type: NodeType, { address, region, containerId, containerName }: NodeFacts, path: string) {
  const faults: FieldFault[] = [];
  if (containerName != null && containerId == null)
    faults.push({ path: `${path}.containerName`, message: 'Give it with a containerId.' });
  if (MANAGED.has(type) && region == null)
    faults.push({ path: `${path}.region`, message: 'A managed instance has a region.' });
  if (type === NodeType.REMOTE_RDS && address?.includes('.'))
    faults.push({ path: `${path}.address`, message: 'Give the identifier of the RDS instance, which has no dot.' });
  return faults;
}
