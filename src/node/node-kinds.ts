import { ContainerNode } from './container-node';
import { GenericNode } from './generic-node';
import { NodeType } from './node-type';
import { RemoteAzureDatabaseNode } from './remote-azure-database-node';
import { RemoteNode } from './remote-node';
import { RemoteRdsNode } from './remote-rds-node';

/** What a node may be, by its type: its class, and the fields that it has beside those of every node. */
export const NODE_KINDS = {
  [NodeType.GENERIC]: { entity: GenericNode, ownFields: ['machineId', 'distro'] },
  [NodeType.CONTAINER]: { entity: ContainerNode, ownFields: ['machineId', 'containerId', 'containerName'] },
  [NodeType.REMOTE]: { entity: RemoteNode, ownFields: [] },
  [NodeType.REMOTE_RDS]: { entity: RemoteRdsNode, ownFields: ['instanceId'] },
  [NodeType.REMOTE_AZURE_DATABASE]: { entity: RemoteAzureDatabaseNode, ownFields: [] },
} as const;

/** Their fields in inputs that name a kind. */
export const NODE_TYPES = {
  generic: NodeType.GENERIC,
  container: NodeType.CONTAINER,
  remote: NodeType.REMOTE,
  remoteRds: NodeType.REMOTE_RDS,
  remoteAzureDatabase: NodeType.REMOTE_AZURE_DATABASE,
} as const;
