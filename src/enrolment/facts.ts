import type { FieldFault } from '../errors';
import { nodeFaults } from '../node/node-rules';
import { NodeType } from '../node/node-type';
import { serviceFaults } from '../service/service-rules';
import { ServiceType } from '../service/service-type';
import { LONGEST_VERSION, textFaults } from '../text';
import { whatIsNotSaid } from './postgresql-enrolment';
import type { RegisterNodeInput, RegisterPostgreSqlInput } from './register-agent.input';

/** What an agent says when it enrols, whichever way it comes in. */
export interface AgentFacts {
  node: RegisterNodeInput;
  agentVersion?: string | null;
  postgresql?: RegisterPostgreSqlInput | null;
}

/** What is wrong with the facts, with paths below `input`. */
export function factFaults({ node, agentVersion, postgresql }: AgentFacts): FieldFault[] {
  return [
    ...nodeFaults(node.containerId == null ? NodeType.GENERIC : NodeType.CONTAINER, node, 'input.node'),
    ...textFaults(agentVersion, 'input.agentVersion', LONGEST_VERSION),
    ...(postgresql ? postgresqlFaults(postgresql, node.name) : []),
  ];
}

function postgresqlFaults(postgresql: RegisterPostgreSqlInput, nodeName: string): FieldFault[] {
  const path = 'input.postgresql';
  const { version, ...facts } = postgresql;
  return [
    ...textFaults(version, `${path}.version`, LONGEST_VERSION),
    ...serviceFaults(ServiceType.POSTGRESQL, { ...facts, ...whatIsNotSaid(postgresql, nodeName) }, path),
  ];
}
