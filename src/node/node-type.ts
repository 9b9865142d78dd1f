import { registerEnumType } from 'type-graphql';

export enum NodeType {
  GENERIC = 'GENERIC',
  CONTAINER = 'CONTAINER',
  REMOTE = 'REMOTE',
  REMOTE_RDS = 'REMOTE_RDS',
  REMOTE_AZURE_DATABASE = 'REMOTE_AZURE_DATABASE',
}

registerEnumType(NodeType, {
  name: 'NodeType',
  description: 'The kinds of nodes.',
  valuesConfig: {
    GENERIC: { description: 'Bare metal or a virtual machine.' },
    CONTAINER: { description: 'A container.' },
    REMOTE: { description: 'A machine that no host agent runs on.' },
    REMOTE_RDS: { description: 'An Amazon RDS instance.' },
    REMOTE_AZURE_DATABASE: { description: 'An Azure database instance.' },
  },
});

export enum NodeStatus {
  ACTIVE = 'ACTIVE',
  INACTIVE = 'INACTIVE',
  UNKNOWN = 'UNKNOWN',
}

registerEnumType(NodeStatus, {
  name: 'NodeStatus',
  description: 'Whether a node answers, by its host agent.',
  valuesConfig: {
    ACTIVE: { description: 'Its host agent was heard of lately.' },
    INACTIVE: { description: 'It has a host agent, and that is silent.' },
    UNKNOWN: { description: 'It has no host agent.' },
  },
});
