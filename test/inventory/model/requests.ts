import { dataOf, type GraphQLClient } from '../../support/client';
import { COLLECTIONS, type Collection } from './collections';
import type { Item, Noun } from './roll';

const OWN_SELECTION = { node: '', service: 'node { id }' };

const selected = (field: string) => (field === 'labels' ? 'labels { name value }' : field);

/** All fields of an item, of whatever kind it is. */
function selection({ noun, kinds }: Collection): string {
  const ofKinds = Object.values(kinds).map(
    ({ typename, fields }) => `... on ${typename} { ${Object.keys(fields).map(selected).join(' ')} }`,
  );
  return `__typename id type createdAt updatedAt ${OWN_SELECTION[noun]} ${ofKinds.join(' ')}`;
}

/** An item as it is shown. */
export function shown({ kinds }: Collection, { kind, facts, nodeId, ...rest }: Item): Record<string, unknown> {
  const { type, typename } = kinds[kind]!;
  return { ...rest, ...facts, __typename: typename, type, ...(nodeId !== undefined && { node: { id: nodeId } }) };
}

function byNoun(make: (collection: Collection, type: string) => string): Record<Noun, string> {
  const made = COLLECTIONS.map((each) => [each.noun, make(each, each.noun === 'node' ? 'Node' : 'Service')]);
  return Object.fromEntries(made) as Record<Noun, string>;
}

export const ADD = byNoun(
  (each, type) => `mutation ($input: Add${type}Input!) {
    done: add${type}(input: $input) { item: ${each.noun} { ${selection(each)} } } }`,
);

export const UPDATE = byNoun(
  (each, type) => `mutation ($input: Update${type}Input!) {
    done: update${type}(input: $input) { item: ${each.noun} { ${selection(each)} } changes { field } } }`,
);

export const REMOVE = byNoun(
  ({ noun }, type) => `mutation ($input: Remove${type}Input!) {
    done: remove${type}(input: $input) { ${noun}Id removedAgents ${noun === 'node' ? 'removedServices revokedApiKeys' : ''} } }`,
);

const EVERYTHING = `{
  ${COLLECTIONS.map((each) => `${each.noun}: ${each.noun}s(first: 50) { nodes { ${selection(each)} } }`).join('\n')}
  agents(first: 50) { nodes { id runsOn { id } } } }`;

const byId = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1);

/** All that is on the roll, by name, and agents by id. */
export async function everything(viewer: GraphQLClient): Promise<Record<Noun | 'agents', { id: string }[]>> {
  const { agents, ...lists } = dataOf(await viewer(EVERYTHING));
  return { node: lists.node.nodes, service: lists.service.nodes, agents: agents.nodes.toSorted(byId) };
}
