// What is asked of the inventory by the benchmark (inventory.ts) and explained (inventory-plans.ts).

/** So many nodes are in the larger fleet. */
export const LARGE = 1_000_000;

/** A list with what a user would look at. */
export interface ListQuery {
  list: 'nodes' | 'services' | 'agents';
  /** The conditions in words. */
  what: string;
  filter: Record<string, unknown>;
  orderBy: { field: string; direction: 'ASC' | 'DESC' };
}

const ITEM = {
  nodes: 'id name type address environment status lastSeenAt labels { name value }',
  services: 'id name type environment cluster version labels { name value }',
  agents: 'id type status version labels { name value }',
};

const INPUT = { nodes: 'Node', services: 'Service', agents: 'Agent' };

export function pageOf({ list }: ListQuery): string {
  return `query ($filter: ${INPUT[list]}Filter, $orderBy: ${INPUT[list]}Order, $after: String) {
    list: ${list}(filter: $filter, orderBy: $orderBy, after: $after) {
      nodes { ${ITEM[list]} } pageInfo { hasNextPage startCursor endCursor } } }`;
}

export function countOf({ list }: ListQuery): string {
  return `query ($filter: ${INPUT[list]}Filter) { list: ${list}(filter: $filter) { totalCount } }`;
}

const environment = (name: string) => ({ environment: { eq: name } });
const labels = (name: string, ...values: string[]) => ({
  labels: [values.length > 0 ? { name, in: values } : { name }],
});
const part = (text: string) => ({ name: { contains: text } });

const NODE_FILTERS: Record<string, object> = {
  'no filter': {},
  'environment, 60 %': environment('production'),
  'environment, 1 %': environment('acceptance'),
  'label of twenty': labels('only'),
  'label of sixty': labels('rack', 'r77'),
  'label, 1 %': labels('owner', 'team-7'),
  'label, 30 %': labels('tier', 'silver'),
  'environment, 60 %, and label, 25 %': { ...environment('production'), ...labels('legacy') },
  'environment and label, absent from its newest 1,000': { ...environment('staging'), ...labels('drained') },
  'environment and label, absent from its newer half': { ...environment('staging'), ...labels('legacy') },
  'part of one name': part('-0004242'),
  'part of a tenth of the names': part('lisbon'),
  'part of no name': part('xyzzy'),
  ACTIVE: { status: ['ACTIVE'] },
  'INACTIVE, 2 %': { status: ['INACTIVE'] },
  UNKNOWN: { status: ['UNKNOWN'] },
};

const SERVICE_FILTERS: Record<string, object> = {
  'no filter': {},
  'environment, 60 %': environment('production'),
  'environment, 1 %': environment('acceptance'),
  'a cluster': { cluster: { eq: 'cluster-77' } },
  'label of a few': labels('only'),
  'label, 1 %': labels('team', 't77'),
  'label, 33 %': labels('backup', 'daily'),
  'environment and label': { ...environment('staging'), ...labels('backup') },
  'part of one name': part('-0004242'),
  'part of a tenth of the names': part('lisbon'),
};

const HOSTS = { type: ['HOST_AGENT'] };

const AGENT_FILTERS: Record<string, object> = {
  'host agents': HOSTS,
  'host agents, label of twenty': { ...HOSTS, ...labels('only') },
  'host agents, label, 20 %': { ...HOSTS, ...labels('channel', 'beta') },
  'host agents, ACTIVE': { ...HOSTS, status: ['ACTIVE'] },
  'host agents, INACTIVE, 2 %': { ...HOSTS, status: ['INACTIVE'] },
  'host agents of a version, 10 %': { ...HOSTS, version: { eq: '3.7.0' } },
};

const TIMES = [
  { field: 'CREATED_AT', direction: 'DESC' },
  { field: 'UPDATED_AT', direction: 'DESC' },
] as const;
const NAME = { field: 'NAME', direction: 'ASC' } as const;
const TYPE = { field: 'TYPE', direction: 'ASC' } as const;

const queries = (list: ListQuery['list'], filters: Record<string, object>, orders: readonly ListQuery['orderBy'][]) =>
  Object.entries(filters).flatMap(([what, filter]) =>
    orders.map((orderBy): ListQuery => ({ list, what, filter: { ...filter }, orderBy })),
  );

export const QUERIES: readonly ListQuery[] = [
  ...queries('nodes', NODE_FILTERS, [NAME, ...TIMES]),
  ...queries('services', SERVICE_FILTERS, [NAME, ...TIMES]),
  ...queries('agents', AGENT_FILTERS, [TYPE, ...TIMES]),
];
