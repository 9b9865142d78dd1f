import type { FieldFault } from '../errors';
import { nodeFaults } from '../node/node-rules';
import { NodeType } from '../node/node-type';
import { LONGEST_VERSION, textFaults } from '../text';
import type { RegisterNodeInput, RegisterPostgreSqlInput } from './register-agent.input';

/** What an agent says when it enrols, whichever way it comes in. */
export interface AgentFacts {
  node: RegisterNodeInput;
  agentVersion?: string | null;
  postgresql?: RegisterPostgreSqlInput | null;
}

const LONGEST_ADDRESS = 253;
const LONGEST_FACT = 256;
const LONGEST_SERVICE_NAME = 300;

/** What is wrong with the facts, with paths below `input`. */
export function factFaults({ node, agentVersion, postgresql }: AgentFacts): FieldFault[] {
  return [
    ...nodeFaults(node.containerId == null ? NodeType.GENERIC : NodeType.CONTAINER, node, 'input.node'),
    ...textFaults(agentVersion, 'input.agentVersion', LONGEST_VERSION),
    ...(postgresql ? postgresqlFaults(postgresql) : []),
  ];
}

function postgresqlFaults(postgresql: RegisterPostgreSqlInput): FieldFault[] {
  const { version, name, address, port, socket, cluster, replicationSet } = postgresql;
  const path = 'input.postgresql';
  const faults = [
    ...textFaults(version, `${path}.version`, LONGEST_VERSION),
    ...textFaults(name, `${path}.name`, LONGEST_SERVICE_NAME),
    ...textFaults(address, `${path}.address`, LONGEST_ADDRESS),
    ...textFaults(socket, `${path}.socket`, LONGEST_FACT),
    ...textFaults(cluster, `${path}.cluster`, LONGEST_FACT),
    ...textFaults(replicationSet, `${path}.replicationSet`, LONGEST_FACT),
  ];
  if (port != null && (port < 1 || port > 65_535))
    faults.push({ path: `${path}.port`, message: 'Give a number from 1 to 65535.' });
  if (socket != null && (address != null || port != null))
    faults.push({ path: `${path}.socket`, message: 'Give a socket, or an address and a port, not both.' });
  return faults;
}
