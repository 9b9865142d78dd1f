import { dataOf, type Answer, type GraphQLClient } from '../support/client';

const SERVICE = `__typename id type name node { id } environment cluster replicationSet version address port socket
  labels { name value } createdAt updatedAt
  ... on PostgreSqlService { databaseName autoDiscoveryLimit }
  ... on ExternalService { group }`;
const ADD = `mutation ($input: AddServiceInput!) { addService(input: $input) { service { ${SERVICE} } } }`;
const UPDATE = `mutation ($input: UpdateServiceInput!) {
  updateService(input: $input) { service { ${SERVICE} } changes { field before after } } }`;
const ONE = `query ($id: ID!) { service(by: { id: $id }) { ${SERVICE} } }`;

/** The kinds of services, by their fields in AddServiceInput. */
export const KINDS = ['mysql', 'mongodb', 'postgresql', 'valkey', 'proxysql', 'haproxy', 'external'] as const;
export type ServiceKind = (typeof KINDS)[number];

/** Those that are reached by an address and a port, or a socket. */
export const REACHED = ['mysql', 'mongodb', 'postgresql', 'valkey', 'proxysql'] as const;

export const AT = { address: '127.0.0.1', port: 3306 };

let names = 0;

/** Adds a service under a fresh name, reached where its kind needs that; whatever comes of it. */
export function tryToAdd(
  client: GraphQLClient,
  kind: ServiceKind,
  given: Record<string, unknown> & { nodeId: string },
): Promise<Answer> {
  const isReached = (REACHED as readonly string[]).includes(kind);
  const facts = { name: `${kind}-${++names}`, ...(isReached && AT), ...given };
  return client(ADD, { input: { [kind]: facts } });
}

/** Adds a service that must be taken. */
export async function add(
  client: GraphQLClient,
  kind: ServiceKind,
  given: Record<string, unknown> & { nodeId: string },
) {
  return dataOf(await tryToAdd(client, kind, given)).addService.service;
}

export function tryToUpdate(client: GraphQLClient, id: string, given: Record<string, unknown>): Promise<Answer> {
  return client(UPDATE, { input: { id, ...given } });
}

export async function update(client: GraphQLClient, id: string, given: Record<string, unknown>) {
  return dataOf(await tryToUpdate(client, id, given)).updateService;
}

export async function read(client: GraphQLClient, id: string) {
  return dataOf(await client(ONE, { id })).service;
}
