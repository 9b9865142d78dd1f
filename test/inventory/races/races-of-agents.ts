import { randomUUID } from 'node:crypto';
import { tryToRotate } from '../../access/key-requests';
import * as agents from '../../agent/agent-requests';
import * as nodes from '../../node/node-requests';
import * as services from '../../service/service-requests';
import { graphqlClient, type GraphQLClient } from '../../support/client';
import { sync } from '../../support/enrol';
import type { Call, Side } from './arena';
import { inTime, MANY, oneOf, times, together, type Race } from './races';
import { host, removals, replacements } from './races-of-sides';

/** All of these succeed. */
const all = (calls: Call[]): Side => ({ calls, succeed: calls.length, refusals: [] });

/** A host whose agent watches its PostgreSQL, with a password. */
async function watchedHost(admin: GraphQLClient) {
  const enrolled = await host(admin);
  const { agentId: supervisorId, serviceId } = enrolled;
  const watcher = { supervisorId, serviceId, username: 'u', password: 'p' };
  const { id } = await agents.add(admin, 'postgresExporter', watcher);
  return { ...enrolled, serviceId: serviceId!, watcher, watcherId: id as string };
}

const additions = (kind: string, facts: Record<string, unknown>) =>
  times<Call>(10, () => (client) => agents.tryToAdd(client, kind, facts));

const updates = (id: string, facts: (at: number) => Record<string, unknown>) =>
  times<Call>(10, (at) => (client) => agents.tryToUpdate(client, id, facts(at)));

const secrets = (at: number) => ({ settings: { postgresExporter: { password: `p${at}` } } });

const carefulRemovals = (id: string) => times<Call>(10, () => (client) => agents.tryToRemove(client, id));

/** Those in which agents are added, changed and removed. */
export const RACES_OF_AGENTS: Race[] = [
  {
    what: 'host agents are added by hand to one node',
    constraints: ['agent_host_agent_key'],
    async sides({ admin }) {
      const { id: nodeId } = await nodes.add(admin, 'generic');
      const calls = times<Call>(MANY, () => (client) => agents.tryToAdd(client, 'hostAgent', { nodeId }));
      return [oneOf(calls, 'CONFLICT input.hostAgent.nodeId')];
    },
  },
  {
    what: 'a host agent is added by hand to a node, and enrolled there',
    constraints: ['agent_host_agent_key'],
    async sides({ admin }) {
      const { id: nodeId, name } = await nodes.add(admin, 'generic');
      const calls = await replacements(admin, nodeId, { node: { name } });
      return [inTime(additions('hostAgent', { nodeId }), 'CONFLICT input.hostAgent.nodeId'), all(calls)];
    },
  },
  {
    what: 'a node is removed, and a host agent is added to it by hand',
    constraints: ['agent_runs_on_node_id_fkey'],
    async sides({ admin }) {
      const { id: nodeId } = await nodes.add(admin, 'generic');
      const calls = additions('hostAgent', { nodeId });
      return [
        removals('node', nodeId),
        inTime(calls, 'NOT_FOUND input.hostAgent.nodeId', 'CONFLICT input.hostAgent.nodeId'),
      ];
    },
  },
  {
    what: 'a host agent is removed by force, and agents are added under it',
    constraints: ['agent_supervisor_id_fkey'],
    async sides({ admin }) {
      const { supervisorId } = await agents.addHost(admin);
      return [
        removals('agent', supervisorId),
        inTime(additions('nodeExporter', { supervisorId }), 'NOT_FOUND input.nodeExporter.supervisorId'),
      ];
    },
  },
  {
    what: 'a host agent is removed without force, and agents are added under it',
    constraints: ['agent_supervisor_id_fkey'],
    async sides({ admin }) {
      const { supervisorId } = await agents.addHost(admin);
      return [
        inTime(carefulRemovals(supervisorId), 'NOT_FOUND', 'FAILED_PRECONDITION'),
        inTime(additions('nodeExporter', { supervisorId }), 'NOT_FOUND input.nodeExporter.supervisorId'),
      ];
    },
  },
  {
    what: 'a service is removed by force, and agents that observe it are added, secrets and all',
    constraints: ['agent_observed_service_id_fkey', 'agent_secret_agent_id_fkey'],
    async sides({ admin }) {
      const { serviceId, watcher } = await watchedHost(admin);
      return [
        removals('service', serviceId),
        inTime(additions('postgresExporter', watcher), 'NOT_FOUND input.postgresExporter.serviceId'),
      ];
    },
  },
  {
    what: 'a node is removed by force, and agents elsewhere that observe it are added',
    constraints: ['agent_observed_node_id_fkey'],
    async sides({ admin }) {
      const { supervisorId } = await agents.addHost(admin);
      const { id: nodeId } = await nodes.add(admin, 'remoteRds');
      const calls = additions('rdsExporter', { supervisorId, nodeId, awsSecretKey: 's' });
      return [removals('node', nodeId), inTime(calls, 'NOT_FOUND input.rdsExporter.nodeId')];
    },
  },
  {
    what: 'an agent is removed, and told other secrets',
    constraints: ['agent_secret_agent_id_fkey'],
    async sides({ admin }) {
      const { watcherId } = await watchedHost(admin);
      return [removals('agent', watcherId), inTime(updates(watcherId, secrets), 'NOT_FOUND')];
    },
  },
  {
    what: 'an agent is changed by those who saw the same',
    constraints: [],
    async sides({ admin }) {
      const { id, updatedAt: expectedUpdatedAt } = await agents.addOf(admin, 'vmAgent', await agents.addHost(admin));
      const labels = (at: number) => ({ labels: [{ name: 'at', value: `${at}` }], expectedUpdatedAt });
      return [oneOf(updates(id, labels), 'CONFLICT input.expectedUpdatedAt')];
    },
  },
  {
    what: 'a service is moved by those who must not move secrets, and the agents that observe it are told others',
    constraints: [],
    async sides({ admin, urls, editorKey }) {
      const { serviceId, watcher, watcherId } = await watchedHost(admin);
      const { id: otherId } = await agents.add(admin, 'postgresExporter', watcher);
      const move = (at: number) => (client: GraphQLClient) => services.tryToUpdate(client, serviceId, { port: at + 1 });
      const moves = times<Call>(10, (at) => () => move(at)(graphqlClient(urls[at % 2]!, editorKey)));
      return [all(moves), all([...updates(watcherId, secrets), ...updates(otherId, secrets)])];
    },
  },
  {
    what: 'a service that is observed is removed, and its host enrols afresh and names it',
    constraints: ['registration_token_claim_service_id_fkey'],
    async sides({ admin }) {
      const { nodeId, serviceId, facts } = await watchedHost(admin);
      return [removals('service', serviceId), all(await replacements(admin, nodeId, facts))];
    },
  },
  {
    what: 'a service that is observed is moved, and its host enrols afresh and names it',
    constraints: [],
    async sides({ admin }) {
      const { nodeId, serviceId, facts } = await watchedHost(admin);
      const moves = times<Call>(10, (at) => (client) => services.tryToUpdate(client, serviceId, { port: at + 1 }));
      return [all(moves), all(await replacements(admin, nodeId, facts))];
    },
  },
  {
    what: 'a service is added by hand, and its host enrols afresh and names it',
    constraints: ['service_name_key'],
    async sides({ admin }) {
      const { nodeId, facts } = await host(admin);
      const name = `race-${randomUUID()}`;
      const calls = times<Call>(10, () => (client) => services.tryToAdd(client, 'postgresql', { nodeId, name }));
      const postgresql = { version: '16.4', name };
      return [
        inTime(calls, 'CONFLICT input.postgresql.name'),
        all(await replacements(admin, nodeId, { ...facts, postgresql })),
      ];
    },
  },
  {
    what: 'a host agent is removed, and its node is enrolled afresh',
    constraints: ['api_key_agent_id_fkey'],
    async sides({ admin }) {
      const { nodeId, agentId, facts } = await watchedHost(admin);
      return [removals('agent', agentId), all(await replacements(admin, nodeId, facts))];
    },
  },
  {
    what: 'a host agent is removed, and its registration is sent again',
    constraints: ['registration_token_claim_agent_id_fkey'],
    async sides({ admin }) {
      const { agentId, again } = await host(admin);
      return [
        removals('agent', agentId),
        inTime(
          times(10, () => again),
          'RATE_LIMITED',
          'TOKEN_USED',
        ),
      ];
    },
  },
  {
    what: 'a host agent is removed, and syncs',
    constraints: ['liveness_agent_id_fkey'],
    async sides({ admin, urls }) {
      const { agentId, secret } = await host(admin);
      const syncs = times<Call>(
        10,
        (at) => () => sync(graphqlClient(urls[at % 2]!, secret), { agentVersion: `1.${at}` }),
      );
      return [removals('agent', agentId), together(inTime(syncs, 'UNAUTHENTICATED'))];
    },
  },
  {
    what: 'a host agent is removed, and its key is rotated',
    constraints: ['api_key_agent_id_fkey'],
    async sides({ admin, database }) {
      const { agentId } = await host(admin);
      const [key] = await database.query<{ id: string }>('SELECT id FROM api_key WHERE agent_id = $1', [agentId]);
      const rotations = times<Call>(10, () => (client) => tryToRotate(client, key!.id));
      return [removals('agent', agentId), inTime(rotations, 'CONFLICT', 'FAILED_PRECONDITION')];
    },
  },
];
