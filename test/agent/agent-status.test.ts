import { dataOf } from '../support/client';
import { enrol, sync } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { factsOf, KIND_NAMES } from './agent-kinds';
import { addOf, read, type Host } from './agent-requests';

let server: TestServer;
const hosts: [what: string, host: Host][] = [];
beforeAll(async () => {
  server = await startServer();
  for (const what of ['ACTIVE', 'INACTIVE']) {
    const { agentId, nodeId, secret } = await enrol(server.admin);
    if (what === 'ACTIVE') dataOf(await sync(server.as(secret)));
    hosts.push([what, { nodeId, supervisorId: agentId, nodeName: '' }]);
  }
});
afterAll(() => server.stop());

const FOUND = `query ($id: ID!, $status: AgentStatus!) { agents(filter: { ids: [$id], status: [$status] }) { totalCount } }`;
const STATUSES = ['ACTIVE', 'INACTIVE', 'STARTING', 'RUNNING', 'WAITING', 'STOPPING', 'DONE', 'UNKNOWN'];

test.each(KIND_NAMES)('%s is DONE when it is stopped, else UNKNOWN, in its field and every filter', async (kind) => {
  for (const [, host] of hosts) {
    for (const disabled of [false, true]) {
      const { id } = await addOf(server.editor, kind, host, { disabled });
      const status = disabled && kind !== 'externalExporter' ? 'DONE' : 'UNKNOWN';
      expect((await read(server.viewer, id)).status).toBe(status);
      const found = [];
      for (const each of STATUSES)
        if (dataOf(await server.viewer(FOUND, { id, status: each })).agents.totalCount === 1) found.push(each);
      expect(found).toEqual([status]);
    }
  }
});

test('the host agents are what they were', async () => {
  for (const [status, { supervisorId }] of hosts) expect((await read(server.viewer, supervisorId)).status).toBe(status);
});

const RELATIONS = `query ($host: ID!, $agent: ID!) {
  agent(id: $host) { ... on HostAgent { supervised(filter: { ids: [$agent] }) { totalCount } } }
  node: agent(id: $agent) { runsOn { agents(filter: { ids: [$agent] }) { totalCount } } }
  observed: agent(id: $agent) {
    observedNode { observers(filter: { ids: [$agent] }) { totalCount } }
    observedService { agents(filter: { ids: [$agent] }) { totalCount } } } }`;

test.each(KIND_NAMES)('%s is found from its host agent, its node and what it observes', async (kind) => {
  const host = hosts[0]![1];
  const agent = await addOf(server.editor, kind, host);
  const data = dataOf(await server.viewer(RELATIONS, { host: host.supervisorId, agent: agent.id }));
  const isService = !['own', 'remoteRds', 'remoteAzureDatabase'].includes(factsOf(kind).observes);
  expect(data).toEqual({
    agent: { supervised: { totalCount: kind === 'externalExporter' ? 0 : 1 } },
    node: { runsOn: { agents: { totalCount: 1 } } },
    observed: {
      observedNode: isService ? null : { observers: { totalCount: 1 } },
      observedService: isService ? { agents: { totalCount: 1 } } : null,
    },
  });
});
