import { dataOf, type GraphQLClient } from '../../support/client';
import type { Collection, Facts, Noun } from './collection';
import { COLLECTIONS, typeFieldsOf } from './collections';
import type { Item } from './roll';

function selected(field: string, { secret }: { secret?: true }): string {
  return secret ? `${field}Set` : field;
}

/** All fields of an item, of whatever kind it is. */
function selection({ kinds, links }: Collection): string {
  const ofKinds = Object.values(kinds).map(({ typename, fields }) => {
    const own = Object.entries(fields).map(([name, field]) => (name === 'labels' ? '' : selected(name, field)));
    return `... on ${typename} { ${own.join(' ')} }`;
  });
  const related = Object.keys(links).map((link) => `${link} { id }`);
  return `__typename id type createdAt updatedAt labels { name value } ${related.join(' ')} ${ofKinds.join(' ')}`;
}

/** An item as it is shown. What its host agent should run is counted by nobody but the list of everything. */
export function shown({ kinds }: Collection, { id, kind, createdAt, updatedAt, facts, links }: Item): Facts {
  const { type, typename, fields } = kinds[kind]!;
  const named = Object.entries(facts).map(([name, fact]) => [fields[name]!.secret ? `${name}Set` : name, fact]);
  const related = Object.entries(links).map(([link, other]) => [link, other === null ? null : { id: other }]);
  return {
    id,
    createdAt,
    updatedAt,
    __typename: typename,
    type,
    ...(Object.fromEntries([...named, ...related]) as Facts),
  };
}

const TYPES: Record<Noun, string> = { node: 'Node', service: 'Service', agent: 'Agent' };

function byNoun(make: (collection: Collection, type: string) => string): Record<Noun, string> {
  const made = COLLECTIONS.map((each) => [each.noun, make(each, TYPES[each.noun])]);
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

/** What of it goes with it. */
const GONE: Record<Noun, string> = {
  node: 'removedServices removedAgents revokedApiKeys',
  service: 'removedAgents',
  agent: 'removedAgents revokedApiKeys',
};

export const REMOVE = byNoun(
  ({ noun }, type) => `mutation ($input: Remove${type}Input!) {
    done: remove${type}(input: $input) { ${noun}Id ${GONE[noun]} } }`,
);

/** What is given to an update, as its input has it. */
export function written(of: Collection, settingsKind: string, given: Facts): Facts {
  if (!of.nestsSettings) return given;
  const own = typeFieldsOf(of);
  const isOwn = ([field]: [string, unknown]) => own.includes(field);
  const settings = Object.entries(given).filter(isOwn);
  return {
    ...Object.fromEntries(Object.entries(given).filter((entry) => !isOwn(entry))),
    ...(settings.length > 0 && { settings: { [settingsKind]: Object.fromEntries(settings) } }),
  };
}

const EVERYTHING = `{
  ${COLLECTIONS.map(
    (each) => `${each.noun}: ${each.noun}s(first: 50, orderBy: { field: ${each.order[0]}, direction: ASC }) {
      nodes { ${selection(each)} ${each.noun === 'agent' ? '... on HostAgent { generation }' : ''} } }`,
  ).join('\n')} }`;

/** All that is on the roll, in its order. */
export async function everything(
  viewer: GraphQLClient,
): Promise<Record<Noun, { id: string; createdAt: string; updatedAt: string }[]>> {
  const { node, service, agent } = dataOf(await viewer(EVERYTHING));
  return { node: node.nodes, service: service.nodes, agent: agent.nodes };
}
