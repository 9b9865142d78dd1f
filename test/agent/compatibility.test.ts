import * as nodes from '../node/node-requests';
import * as services from '../service/service-requests';
import { codes } from '../support/client';
import { startServer, type TestServer } from '../support/server';
import { factsOf, KIND_NAMES, type AgentKind } from './agent-kinds';
import { addHost, placeFor, tryToAdd, type Host } from './agent-requests';

let server: TestServer;
let host: Host;
const serviceIds = new Map<string, string>();
const hosts = new Map<string, Host>();
beforeAll(async () => {
  server = await startServer();
  host = await addHost(server.editor);
  for (const kind of services.KINDS)
    serviceIds.set(kind, (await services.add(server.editor, kind, { nodeId: host.nodeId })).id);
  for (const kind of nodes.KINDS) hosts.set(kind, await addHost(server.editor, kind));
});
afterAll(() => server.stop());

const expected = (isGood: boolean) => (isGood ? [] : ['FAILED_PRECONDITION']);
const observing = (what: (observes: string) => boolean) => KIND_NAMES.filter((kind) => what(factsOf(kind).observes));
const OF_SERVICES = observing((observes) => (services.KINDS as readonly string[]).includes(observes));

test.each(OF_SERVICES.flatMap((kind) => services.KINDS.map((service) => ({ kind, service }))))(
  '$kind and a service of kind $service',
  async ({ kind, service }) => {
    const place = { ...(await placeFor(server.editor, kind, host)), serviceId: serviceIds.get(service) };
    const answer = await tryToAdd(server.editor, kind, { ...place, ...factsOf(kind).least });
    expect(codes(answer)).toEqual(expected(factsOf(kind).observes === service));
  },
);

/** The kinds of nodes that each takes; all other kinds observe services, and run on any. */
const NODES: Partial<Record<AgentKind, nodes.NodeKind[]>> = {
  nodeExporter: ['generic', 'container'],
  vmAgent: ['generic', 'container'],
  nomadAgent: ['generic', 'container'],
  rdsExporter: ['generic', 'container', 'remoteRds'],
  azureDatabaseExporter: ['generic', 'container', 'remoteAzureDatabase'],
  externalExporter: ['generic', 'container', 'remote'],
};

test.each(KIND_NAMES.flatMap((kind) => nodes.KINDS.map((node) => ({ kind, node }))))(
  '$kind and a node of kind $node, where it runs or that it observes',
  async ({ kind, node }) => {
    const there = hosts.get(node)!;
    const isTold = factsOf(kind).observes.startsWith('remote');
    const place = isTold
      ? { supervisorId: host.supervisorId, nodeId: there.nodeId }
      : await placeFor(server.editor, kind, there);
    const answer = await tryToAdd(server.editor, kind, { ...place, ...factsOf(kind).least });
    expect(codes(answer)).toEqual(expected(NODES[kind]?.includes(node) ?? true));
  },
);
