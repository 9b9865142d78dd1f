import { randomUUID } from 'node:crypto';
import * as nodes from '../../node/node-requests';
import * as services from '../../service/service-requests';
import { issueToken, tryToRegister } from '../../support/enrol';
import type { Arena, Call, Side } from './arena';

/** Many who do what one of them alone may do, or what others take from under them. */
export interface Race {
  what: string;
  /** What of the database decides it. */
  constraints: string[];
  sides: (arena: Arena) => Promise<Side[]>;
}

export const MANY = 20;

export const times = <Value>(count: number, make: (index: number) => Value): Value[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Of all these one succeeds. */
export const oneOf = (calls: Call[], ...refusals: string[]): Side => ({ calls, succeed: 1, refusals });

/** As many of these succeed as come in time. */
export const inTime = (calls: Call[], ...refusals: string[]): Side => ({ calls, succeed: null, refusals });

/** Calls that each of the two servers puts together into one statement. */
export const together = (side: Side): Side => ({ ...side, statements: 2 });

const fresh = () => `race-${randomUUID()}`;

/** The same name by turns in different case. */
const inCase = (name: string, index: number) => (index % 2 === 0 ? name : name.toUpperCase());

/** What no two nodes have both: by kind, the constraint, the field, and what the index-th of those who race would have there. */
const UNIQUE: [
  constraint: string,
  kind: nodes.NodeKind,
  field: string,
  value: (shared: string, index: number) => string,
][] = [
  ['node_name_key', 'generic', 'name', inCase],
  ['node_container_id_key', 'container', 'containerId', (id) => id],
  ['node_rds_address_key', 'remoteRds', 'address', (address) => address],
  ['node_azure_address_key', 'remoteAzureDatabase', 'address', (address) => address],
];

const kindOf = (index: number) => services.KINDS[index % services.KINDS.length]!;

/** A token for each of those who race, and what each registers with it. */
async function registrations({ admin }: Arena, facts: (index: number) => Record<string, unknown>): Promise<Call[]> {
  const tokens = await Promise.all(times(MANY, () => issueToken(admin)));
  return tokens.map(
    ({ secret }, index) =>
      (client) =>
        tryToRegister(client, secret, facts(index)),
  );
}

/** Those in which many want what only one can have. */
export const RACES_FOR_ONE: Race[] = [
  ...UNIQUE.flatMap(([constraint, kind, field, value]): Race[] => [
    {
      what: `nodes of kind ${kind} that are added have the same ${field}`,
      constraints: [constraint],
      async sides() {
        const shared = fresh();
        const calls = times<Call>(
          MANY,
          (at) => (client) => nodes.tryToAdd(client, kind, { [field]: value(shared, at) }),
        );
        return [oneOf(calls, `CONFLICT input.${kind}.${field}`)];
      },
    },
    {
      what: `nodes of kind ${kind} that are there are given the same ${field}`,
      constraints: [constraint],
      async sides({ admin }) {
        const shared = fresh();
        const there = await Promise.all(times(MANY, () => nodes.add(admin, kind)));
        const calls = there.map<Call>(
          ({ id }, at) =>
            (client) =>
              nodes.tryToUpdate(client, id, { [field]: value(shared, at) }),
        );
        return [oneOf(calls, `CONFLICT input.${field}`)];
      },
    },
  ]),
  {
    what: 'services of all kinds that are added have the same name',
    constraints: ['service_name_key'],
    async sides({ admin }) {
      const [{ id: nodeId }, name] = [await nodes.add(admin, 'generic'), fresh()];
      const calls = times<Call>(
        MANY,
        (at) => (client) => services.tryToAdd(client, kindOf(at), { nodeId, name: inCase(name, at) }),
      );
      return [oneOf(calls, ...services.KINDS.map((each) => `CONFLICT input.${each}.name`))];
    },
  },
  {
    what: 'services that are there are given the same name',
    constraints: ['service_name_key'],
    async sides({ admin }) {
      const [{ id: nodeId }, name] = [await nodes.add(admin, 'generic'), fresh()];
      const there = await Promise.all(times(MANY, () => services.add(admin, 'mysql', { nodeId })));
      const calls = there.map<Call>(
        ({ id }, at) =>
          (client) =>
            services.tryToUpdate(client, id, { name: inCase(name, at) }),
      );
      return [oneOf(calls, 'CONFLICT input.name')];
    },
  },
  {
    what: 'hosts that enrol have the same name',
    constraints: ['node_name_key'],
    async sides(arena) {
      const name = fresh();
      return [oneOf(await registrations(arena, (at) => ({ node: { name: inCase(name, at) } })), 'CONFLICT')];
    },
  },
  {
    what: 'hosts that enrol have the same container id',
    constraints: ['node_container_id_key'],
    async sides(arena) {
      const containerId = fresh();
      return [oneOf(await registrations(arena, () => ({ node: { name: fresh(), containerId } })), 'CONFLICT')];
    },
  },
  {
    what: 'hosts that enrol have a PostgreSQL of the same name',
    constraints: ['service_name_key'],
    async sides(arena) {
      const name = fresh();
      const postgresql = (at: number) => ({ version: '16.4', name: inCase(name, at) });
      return [oneOf(await registrations(arena, (at) => ({ postgresql: postgresql(at) })), 'CONFLICT')];
    },
  },
  {
    what: 'a node is changed by those who saw the same',
    constraints: [],
    async sides({ admin }) {
      const { id, updatedAt: expectedUpdatedAt } = await nodes.add(admin, 'generic');
      const calls = times<Call>(
        MANY,
        (at) => (client) => nodes.tryToUpdate(client, id, { zone: `z${at}`, expectedUpdatedAt }),
      );
      return [oneOf(calls, 'CONFLICT input.expectedUpdatedAt')];
    },
  },
  {
    what: 'a service is changed by those who saw the same',
    constraints: [],
    async sides({ admin }) {
      const { id: nodeId } = await nodes.add(admin, 'generic');
      const { id, updatedAt: expectedUpdatedAt } = await services.add(admin, 'mysql', { nodeId });
      const calls = times<Call>(
        MANY,
        (at) => (client) => services.tryToUpdate(client, id, { cluster: `c${at}`, expectedUpdatedAt }),
      );
      return [oneOf(calls, 'CONFLICT input.expectedUpdatedAt')];
    },
  },
];
