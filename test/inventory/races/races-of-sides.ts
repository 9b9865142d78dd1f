import { randomUUID } from 'node:crypto';
import { tryToRotate } from '../../access/key-requests';
import * as nodes from '../../node/node-requests';
import * as services from '../../service/service-requests';
import { graphqlClient, type GraphQLClient } from '../../support/client';
import { issueToken, register, sync, tryToIssue, tryToRegister } from '../../support/enrol';
import type { Call, Side } from './arena';
import { inTime, oneOf, times, together, type Race } from './races';

const REMOVE = {
  node: 'mutation ($input: RemoveNodeInput!) { removeNode(input: $input) { nodeId } }',
  service: 'mutation ($input: RemoveServiceInput!) { removeService(input: $input) { serviceId } }',
  agent: 'mutation ($input: RemoveAgentInput!) { removeAgent(input: $input) { agentId } }',
};

/** Those who remove it by force: one does, and for the others it is gone. */
export const removals = (what: keyof typeof REMOVE, id: string): Side =>
  oneOf(
    times(5, () => (client) => client(REMOVE[what], { input: { id, force: true } })),
    'NOT_FOUND',
  );

/** A host that enrolled with PostgreSQL, and how it sends the same registration again. */
export async function host(admin: GraphQLClient) {
  const { secret: token } = await issueToken(admin);
  const facts = {
    registrationId: randomUUID(),
    node: { name: `race-${randomUUID()}` },
    postgresql: { version: '16.4' },
  };
  const again: Call = (client) => tryToRegister(client, token, facts);
  return { ...(await register(admin, token, facts)), facts, again };
}

/** Those who enrol a node afresh, each with a token of its own. */
export async function replacements(
  admin: GraphQLClient,
  nodeId: string,
  facts: Record<string, unknown>,
  count = 6,
): Promise<Call[]> {
  const tokens = await Promise.all(times(count, () => issueToken(admin, { replacesNodeId: nodeId })));
  return tokens.map(
    ({ secret }) =>
      (client) =>
        tryToRegister(client, secret, facts),
  );
}

/** Those in which one takes from others what they build on. */
export const RACES_OF_SIDES: Race[] = [
  {
    what: 'a node is removed by force, and services are added to it',
    constraints: ['service_node_id_fkey'],
    async sides({ admin }) {
      const { id: nodeId } = await nodes.add(admin, 'generic');
      const additions = times<Call>(10, () => (client) => services.tryToAdd(client, 'mysql', { nodeId }));
      return [removals('node', nodeId), inTime(additions, 'NOT_FOUND input.mysql.nodeId')];
    },
  },
  {
    what: 'a node is removed without force, and services are added to it',
    constraints: ['service_node_id_fkey'],
    async sides({ admin }) {
      const { id: nodeId } = await nodes.add(admin, 'generic');
      const additions = times<Call>(10, () => (client) => services.tryToAdd(client, 'mysql', { nodeId }));
      const careful = times<Call>(10, () => (client) => client(REMOVE.node, { input: { id: nodeId } }));
      return [inTime(careful, 'NOT_FOUND', 'FAILED_PRECONDITION'), inTime(additions, 'NOT_FOUND input.mysql.nodeId')];
    },
  },
  {
    what: 'a node is removed, and changed',
    constraints: [],
    async sides({ admin }) {
      const { id } = await nodes.add(admin, 'generic');
      const updates = times<Call>(10, (at) => (client) => nodes.tryToUpdate(client, id, { zone: `z${at}` }));
      return [removals('node', id), inTime(updates, 'NOT_FOUND')];
    },
  },
  {
    what: 'a service is removed, and changed',
    constraints: [],
    async sides({ admin }) {
      const { id: nodeId } = await nodes.add(admin, 'generic');
      const { id } = await services.add(admin, 'mysql', { nodeId });
      const updates = times<Call>(10, (at) => (client) => services.tryToUpdate(client, id, { cluster: `c${at}` }));
      return [removals('service', id), inTime(updates, 'NOT_FOUND')];
    },
  },
  {
    what: 'a node is removed, and enrolled afresh',
    constraints: ['agent_runs_on_node_id_fkey'],
    async sides({ admin }) {
      const { nodeId, facts } = await host(admin);
      return [removals('node', nodeId), inTime(await replacements(admin, nodeId, facts), 'TOKEN_REVOKED')];
    },
  },
  {
    what: 'a node is removed, and tokens are issued that replace it',
    constraints: ['registration_token_replaces_node_id_fkey'],
    async sides({ admin }) {
      const { id: replacesNodeId } = await nodes.add(admin, 'generic');
      const issues = times<Call>(10, () => (client) => tryToIssue(client, { replacesNodeId }));
      return [removals('node', replacesNodeId), inTime(issues, 'NOT_FOUND')];
    },
  },
  {
    what: 'a node without a host agent is enrolled with several tokens, each of which is good',
    constraints: ['agent_host_agent_key'],
    async sides({ admin }) {
      const { id, name } = await nodes.add(admin, 'generic');
      const calls = await replacements(admin, id, { node: { name } }, 10);
      return [{ calls, succeed: 10, refusals: [] }];
    },
  },
  {
    what: 'a node is removed, and its agent syncs',
    constraints: ['liveness_agent_id_fkey'],
    async sides({ admin, urls }) {
      const { nodeId, secret } = await host(admin);
      const bootId = randomUUID();
      const syncs = times<Call>(10, (at) => () => sync(graphqlClient(urls[at % 2]!, secret), { bootId }));
      return [removals('node', nodeId), together(inTime(syncs, 'UNAUTHENTICATED'))];
    },
  },
  {
    what: 'a node is removed, and the key of its agent is rotated',
    constraints: ['api_key_agent_id_fkey'],
    async sides({ admin, database }) {
      const { nodeId, agentId } = await host(admin);
      const [key] = await database.query<{ id: string }>('SELECT id FROM api_key WHERE agent_id = $1', [agentId]);
      const rotations = times<Call>(10, () => (client) => tryToRotate(client, key!.id));
      return [removals('node', nodeId), inTime(rotations, 'CONFLICT', 'FAILED_PRECONDITION')];
    },
  },
  {
    what: 'a node is removed, and its registration is sent again',
    constraints: ['registration_token_claim_agent_id_fkey'],
    async sides({ admin }) {
      const { nodeId, again } = await host(admin);
      return [
        removals('node', nodeId),
        inTime(
          times(10, () => again),
          'RATE_LIMITED',
          'TOKEN_USED',
        ),
      ];
    },
  },
  {
    what: 'a service is removed, and its host enrols afresh and names it',
    constraints: ['registration_token_claim_service_id_fkey'],
    async sides({ admin }) {
      const { nodeId, serviceId, facts } = await host(admin);
      const calls = await replacements(admin, nodeId, facts);
      return [removals('service', serviceId!), { calls, succeed: calls.length, refusals: [] }];
    },
  },
  {
    what: 'a service is moved to a socket, and to another port',
    constraints: ['service_endpoint_check'],
    async sides({ admin }) {
      const { id: nodeId } = await nodes.add(admin, 'generic');
      const { id } = await services.add(admin, 'mysql', { nodeId });
      const change = (given: Record<string, unknown>) =>
        times<Call>(10, () => (client) => services.tryToUpdate(client, id, given));
      const moves = change({ address: null, port: null, socket: '/run/socket' });
      return [{ calls: moves, succeed: 10, refusals: [] }, inTime(change({ port: 1 }), 'BAD_USER_INPUT input.socket')];
    },
  },
];
