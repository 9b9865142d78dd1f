import { dataOf, type Answer, type GraphQLClient } from '../support/client';

const NODE = `__typename id type name address model region zone environment os tags labels { name value } status createdAt updatedAt
  ... on GenericNode { machineId distro }
  ... on ContainerNode { hostMachineId: machineId containerId containerName }
  ... on RemoteRdsNode { instanceId }`;
const ADD = `mutation ($input: AddNodeInput!) { addNode(input: $input) { node { ${NODE} } } }`;
const UPDATE = `mutation ($input: UpdateNodeInput!) {
  updateNode(input: $input) { node { ${NODE} } changes { field before after } } }`;
const ONE = `query ($id: ID!) { node(by: { id: $id }) { ${NODE} } }`;

/** The kinds of nodes, by their fields in AddNodeInput. */
export type NodeKind = 'generic' | 'container' | 'remote' | 'remoteRds' | 'remoteAzureDatabase';

/** What a node of each kind is added with at least. */
export const LEAST: Record<NodeKind, Record<string, string>> = {
  generic: { address: '192.0.2.1' },
  container: { address: '192.0.2.1' },
  remote: { address: 'db.example.org' },
  remoteRds: { address: 'orders', region: 'eu-west-1' },
  remoteAzureDatabase: { address: 'orders.example.org', region: 'westeurope' },
};

export const KINDS = Object.keys(LEAST) as NodeKind[];

let names = 0;

/** The facts of a node that can be added, under a fresh name, and where it must be unique at a fresh address. */
export function facts(kind: NodeKind, given: Record<string, unknown> = {}): Record<string, unknown> {
  const name = `${kind}-${++names}`;
  return {
    name,
    ...LEAST[kind],
    ...(kind === 'remoteRds' && { address: name }),
    ...(kind === 'remoteAzureDatabase' && { address: `${name}.example.org` }),
    ...given,
  };
}

/** Adds a node, whatever comes of it. */
export function tryToAdd(client: GraphQLClient, kind: NodeKind, given: Record<string, unknown> = {}): Promise<Answer> {
  return client(ADD, { input: { [kind]: facts(kind, given) } });
}

/** Adds a node that must be taken. */
export async function add(client: GraphQLClient, kind: NodeKind, given: Record<string, unknown> = {}) {
  return dataOf(await tryToAdd(client, kind, given)).addNode.node;
}

export function tryToUpdate(client: GraphQLClient, id: string, given: Record<string, unknown>): Promise<Answer> {
  return client(UPDATE, { input: { id, ...given } });
}

export async function update(client: GraphQLClient, id: string, given: Record<string, unknown>) {
  return dataOf(await tryToUpdate(client, id, given)).updateNode;
}

export async function read(client: GraphQLClient, id: string) {
  return dataOf(await client(ONE, { id })).node;
}

/** The code of a refusal and the fields that it names. */
export function refusal({ errors }: Answer): { code: unknown; paths: string[] } {
  const { code, fields = [] } = (errors[0]?.extensions ?? {}) as { code?: string; fields?: { path: string }[] };
  return { code, paths: fields.map(({ path }) => path) };
}
