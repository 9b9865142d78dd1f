import * as nodes from '../node/node-requests';
import * as services from '../service/service-requests';
import { dataOf, type Answer, type GraphQLClient } from '../support/client';
import { factsOf, KIND_NAMES, type AgentKind } from './agent-kinds';

/** Fields of GraphQL that are objects. */
const SELECTIONS: Record<string, string> = { extraDsnParams: 'extraDsnParams { name value }' };

const COMMON = `__typename id type status disabled version listenPort labels { name value } createdAt updatedAt
  runsOn { id } supervisor { id } observedNode { id } observedService { id }`;

/** The user name is never null in some kinds: where it may be it needs a name of its own in one document. */
const OWN = KIND_NAMES.map((kind) => {
  const { typename, settings, secrets, least } = factsOf(kind);
  const fields = [...Object.keys(settings), ...secrets.map((secret) => `${secret}Set`)];
  const selected = fields.map((field) =>
    field === 'username' && !('username' in least) ? 'optional_username: username' : (SELECTIONS[field] ?? field),
  );
  return `... on ${typename} { ${selected.join(' ')} }`;
}).join('\n');

export const AGENT = `${COMMON} ${OWN} ... on HostAgent { enrolledBy generation syncIntervalSeconds lastSeenAt }`;

const ADD = `mutation ($input: AddAgentInput!) { addAgent(input: $input) { agent { ${AGENT} } } }`;
const UPDATE = `mutation ($input: UpdateAgentInput!) {
  updateAgent(input: $input) { agent { ${AGENT} } changes { field before after } } }`;
const REMOVE = `mutation ($input: RemoveAgentInput!) { removeAgent(input: $input) { agentId removedAgents revokedApiKeys } }`;
const ONE = `query ($id: ID!) { agent(id: $id) { ${AGENT} } }`;

/** What a test reads of an agent; its settings are under their own names. */
// oxlint-disable-next-line typescript/no-explicit-any
type ReadAgent = any;

function unaliased(agent: Record<string, unknown> | null): ReadAgent {
  if (!agent || !('optional_username' in agent)) return agent;
  const { optional_username: username, ...rest } = agent;
  return { ...rest, username };
}

export function tryToAdd(client: GraphQLClient, kind: string, given: Record<string, unknown>): Promise<Answer> {
  return client(ADD, { input: { [kind]: given } });
}

export async function add(client: GraphQLClient, kind: string, given: Record<string, unknown>): Promise<ReadAgent> {
  return unaliased(dataOf(await tryToAdd(client, kind, given)).addAgent.agent);
}

export function tryToUpdate(client: GraphQLClient, id: string, given: Record<string, unknown>): Promise<Answer> {
  return client(UPDATE, { input: { id, ...given } });
}

export async function update(client: GraphQLClient, id: string, given: Record<string, unknown>): Promise<ReadAgent> {
  const { agent, changes } = dataOf(await tryToUpdate(client, id, given)).updateAgent;
  return { agent: unaliased(agent), changes };
}

export function tryToRemove(client: GraphQLClient, id: string, given: Record<string, unknown> = {}): Promise<Answer> {
  return client(REMOVE, { input: { id, ...given } });
}

export async function remove(client: GraphQLClient, id: string, given: Record<string, unknown> = {}) {
  return dataOf(await tryToRemove(client, id, given)).removeAgent;
}

export async function read(client: GraphQLClient, id: string): Promise<ReadAgent> {
  return unaliased(dataOf(await client(ONE, { id })).agent);
}

/** A node with a host agent that was entered by hand. */
export async function addHost(editor: GraphQLClient, kind: nodes.NodeKind = 'generic') {
  const node = await nodes.add(editor, kind);
  const agent = await add(editor, 'hostAgent', { nodeId: node.id });
  return { nodeId: node.id as string, nodeName: node.name as string, supervisorId: agent.id as string };
}

export type Host = Awaited<ReturnType<typeof addHost>>;

/** Where an agent of a kind belongs: beside this host agent, observing something of the right kind, which is made. */
export async function placeFor(editor: GraphQLClient, kind: AgentKind, host: Host): Promise<Record<string, string>> {
  const { observes } = factsOf(kind);
  const where = kind === 'externalExporter' ? { runsOnNodeId: host.nodeId } : { supervisorId: host.supervisorId };
  if (observes === 'own') return where;
  if (observes === 'remoteRds' || observes === 'remoteAzureDatabase')
    return { ...where, nodeId: (await nodes.add(editor, observes)).id };
  return { ...where, serviceId: (await services.add(editor, observes, { nodeId: host.nodeId })).id };
}

/** Adds an agent of a kind with no more than it needs, and what is given. */
export async function addOf(editor: GraphQLClient, kind: AgentKind, host: Host, given: Record<string, unknown> = {}) {
  const place = await placeFor(editor, kind, host);
  return add(editor, kind, { ...place, ...factsOf(kind).least, ...given });
}

/** The generation of a host agent. */
export async function generationOf(client: GraphQLClient, id: string): Promise<number> {
  return (await read(client, id)).generation;
}
