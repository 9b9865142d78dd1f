import { randomUUID } from 'node:crypto';
import { ask, letIn, makeAgentKey, tryToApprove, unlock } from '../../client-registry/requests';
import * as nodes from '../../node/node-requests';
import type { GraphQLClient } from '../../support/client';
import { issueToken, tryToRegister } from '../../support/enrol';
import type { Call, Side } from './arena';
import { inTime, oneOf, times, type Race } from './races';
import { removals } from './races-of-sides';

const fresh = () => `race-${randomUUID()}`;

/** Those who approve one request for a name: one does, and for the others it is decided. */
async function approvals(admin: GraphQLClient, name: string, replace: boolean): Promise<Call[]> {
  await unlock(admin);
  const asked = await ask(admin, makeAgentKey(), name);
  return times(10, () => (client) => tryToApprove(client, asked, { replace }));
}

const approvalOf = (calls: Call[], ...refusals: string[]): Side => oneOf(calls, 'FAILED_PRECONDITION', ...refusals);

/** Requests for one name, each approved with replace. */
async function rivals(admin: GraphQLClient, name: string): Promise<Call[]> {
  await unlock(admin);
  const asked = await Promise.all(times(6, () => ask(admin, makeAgentKey(), name)));
  return asked.map((each) => (client) => tryToApprove(client, each, { replace: true }));
}

async function letInAgent(admin: GraphQLClient, name: string) {
  await unlock(admin);
  return letIn(admin, name);
}

/** Those in which administrators approve registration requests. */
export const RACES_OF_REQUESTS: Race[] = [
  {
    what: 'a node is removed, and an approval replaces it',
    constraints: ['agent_runs_on_node_id_fkey'],
    async sides({ admin }) {
      const name = fresh();
      const { nodeId } = await letInAgent(admin, name);
      return [removals('node', nodeId), approvalOf(await approvals(admin, name, true))];
    },
  },
  {
    what: 'a node is removed, and approvals of several requests replace it',
    constraints: ['node_name_key'],
    async sides({ admin }) {
      const name = fresh();
      const { nodeId } = await letInAgent(admin, name);
      // Once it is gone, one of them gets a new node of the name, and others may have seen that it was gone.
      return [removals('node', nodeId), inTime(await rivals(admin, name), 'CONFLICT')];
    },
  },
  {
    what: 'a host agent is removed, and an approval takes its place',
    constraints: ['registration_request_agent_id_fkey'],
    async sides({ admin }) {
      const name = fresh();
      const { agentId } = await letInAgent(admin, name);
      return [removals('agent', agentId), approvalOf(await approvals(admin, name, true))];
    },
  },
  {
    what: 'hosts enrol by token under the name of a request that is approved',
    constraints: ['node_name_key'],
    async sides({ admin }) {
      const name = fresh();
      const tokens = await Promise.all(times(10, () => issueToken(admin)));
      const registrations = tokens.map<Call>(
        ({ secret }) =>
          (client) =>
            tryToRegister(client, secret, { node: { name } }),
      );
      return [approvalOf([...registrations, ...(await approvals(admin, name, false))], 'CONFLICT')];
    },
  },
  {
    what: 'nodes are given the name of a request that is approved',
    constraints: ['node_name_key'],
    async sides({ admin }) {
      const name = fresh();
      const there = await Promise.all(times(10, () => nodes.add(admin, 'generic')));
      const renames = there.map<Call>(
        ({ id }) =>
          (client) =>
            nodes.tryToUpdate(client, id, { name }),
      );
      const calls = [...renames, ...(await approvals(admin, name, false))];
      return [approvalOf(calls, 'CONFLICT', 'CONFLICT input.name')];
    },
  },
  {
    what: 'a node loses its name to another, and an approval replaces what has it',
    constraints: ['node_name_key'],
    async sides({ admin }) {
      const [name, other] = [fresh(), fresh()];
      const { nodeId } = await letInAgent(admin, name);
      const renames = times<Call>(5, () => (client) => nodes.tryToUpdate(client, nodeId, { name: other }));
      return [{ calls: renames, succeed: 5, refusals: [] }, approvalOf(await approvals(admin, name, true))];
    },
  },
];
