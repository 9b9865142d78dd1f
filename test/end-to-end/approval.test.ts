import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseCredential } from '../../src/access/credential';
import { approve, listRequests, readRegistry, readRequest, unlock } from '../client-registry/requests';
import { eventually } from '../database/embedded/data-folders';
import { dataOf, type GraphQLClient } from '../support/client';
import type { RollcallProcess } from '../support/process';
import { startProxy, type Proxy } from './proxy';
import { adminOf, openStage } from './stage';

jest.setTimeout(120_000);

const stage = openStage(afterEach);

const NODES = `{ nodes { nodes { id name status hostAgent { id enrolledBy } services { nodes { id name } } } } }`;
const ADD_SERVICE = `mutation ($input: AddServiceInput!) { addService(input: $input) { service { id } } }`;
const AGENT_KEYS = `{ apiKeys(filter: { role: [AGENT], status: [ACTIVE] }) { nodes { id publicId } } }`;
const REVOKE = `mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { id } } }`;

/** A server behind a proxy that writes down what it is sent, its administrator, and a host without token and key. */
async function openScene() {
  const dataDir = stage.folder();
  const serve = () => stage.serve(dataDir, { ROLLCALL_SYNC_MINIMUM_INTERVAL: '1s' });
  let server = await serve();
  const addressOf = ({ url }: typeof server) => ({ host: '127.0.0.1', port: Number(new URL(url).port) });
  const proxy = await startProxy(addressOf(server), stage.later);
  const configFile = path.join(stage.folder(), 'config.yml');
  writeFileSync(configFile, `central:\n  api_url: http://127.0.0.1:${proxy.port}\nserver:\n  hostname: db-1\n`);
  return {
    proxy,
    start: () => stage.start(['agent', '--config', configFile]),
    admin: ((...request) => adminOf(server, dataDir)(...request)) satisfies GraphQLClient,
    restartServer: async () => {
      await server.kill();
      server = await serve();
      proxy.target = addressOf(server);
    },
    key: (): string => JSON.parse(readFileSync(configFile.replace('.yml', '.state/state.json'), 'utf8')).key,
  };
}

/** The node of that name, which is the only one. */
async function theNode(admin: GraphQLClient) {
  const { nodes } = dataOf(await admin(NODES)).nodes;
  expect(nodes).toHaveLength(1);
  return nodes[0];
}

/** The request that waits, and the pairing ID that the agent shows for it. */
async function waitingRequest(admin: GraphQLClient, agent: RollcallProcess) {
  const { nodes } = await eventually(async () => {
    const waiting = await listRequests(admin, { state: ['PENDING', 'CONFLICTING'] });
    return waiting.totalCount === 1 && waiting;
  });
  const request = await readRequest(admin, nodes[0].id);
  const shown = new RegExp(`Username: db-1, pairing ID: (${request.pairingId})"`);
  const [, pairingId] = await agent.says(shown);
  return { request, shown: { requestId: request.id, pairingId: pairingId! } };
}

/** All that was sent before the first call with a key. */
function sentBeforeAuthentication({ sent }: Proxy): string {
  const [before, ...after] = sent().split(/^authorization: /im);
  expect(after).not.toEqual([]);
  return before!;
}

function partsOf(key: string): string[] {
  const { secret } = parseCredential(key)!;
  return Array.from({ length: secret.length - 5 }, (_, start) => secret.slice(start, start + 6));
}

it('An agent without a token waits for the registry, then for its approval, and is on the roll for good', async () => {
  const { proxy, start, admin, restartServer, key } = await openScene();
  const agent = start();
  await agent.says(/is locked: an administrator must unlock it/);
  await unlock(admin, '5s');
  const { request, shown } = await waitingRequest(admin, agent);
  expect(request).toMatchObject({ state: 'PENDING', nodeName: 'db-1' });
  await eventually(async () => (await readRegistry(admin)).state === 'LOCKED');

  await approve(admin, shown);
  await agent.says(/Syncing with /);
  const node = await theNode(admin);
  expect(node).toMatchObject({ name: 'db-1', status: 'ACTIVE', hostAgent: { enrolledBy: 'APPROVAL' } });
  const firstKey = key();
  const before = sentBeforeAuthentication(proxy);
  expect(before).toContain('requestRegistration');
  expect(partsOf(firstKey).filter((part) => before.includes(part))).toEqual([]);
  expect(proxy.sent()).toContain(`Bearer ${firstKey}`);

  expect(await agent.kill()).toBe(0);
  const length = proxy.sent().length;
  await restartServer();
  const again = start();
  await again.says(/Syncing with /);
  expect(proxy.sent().slice(length)).not.toContain('requestRegistration');
  expect((await listRequests(admin)).totalCount).toBe(1);
  expect(await theNode(admin)).toMatchObject({ id: node.id, status: 'ACTIVE', hostAgent: node.hostAgent });
  for (const run of [agent, again]) {
    expect(run.errors()).toBe('');
    for (const line of run.output().trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ v: 1, msg: expect.any(String) });
    expect(partsOf(firstKey).filter((part) => run.output().includes(part))).toEqual([]);
  }
});

it('An agent whose key was revoked asks again with another, is told of the conflict, and keeps all when it is approved in its own place', async () => {
  const { start, admin, key } = await openScene();
  await unlock(admin, '24h');
  const agent = start();
  await approve(admin, (await waitingRequest(admin, agent)).shown);
  await agent.says(/Syncing with /);
  const nodeId = (await theNode(admin)).id;
  const postgresql = { nodeId, name: 'orders', address: '127.0.0.1', port: 5433 };
  dataOf(await admin(ADD_SERVICE, { input: { postgresql } }));
  const node = await theNode(admin);
  const firstKey = key();

  const [apiKey, ...others] = dataOf(await admin(AGENT_KEYS)).apiKeys.nodes;
  expect(others).toEqual([]);
  dataOf(await admin(REVOKE, { id: apiKey.id }));
  await agent.says(/refuses the key for good \(KEY_REVOKED\)/);
  const { request, shown } = await waitingRequest(admin, agent);
  expect(request).toMatchObject({ state: 'CONFLICTING', conflictsWith: { id: nodeId } });
  const [, conflict] = await agent.says(/"(409 Conflict: .*?)","v":1/);
  for (const part of [shown.pairingId, `${shown.requestId} --replace`]) expect(conflict).toContain(part);

  await approve(admin, shown, { replace: true });
  await eventually(async () => key() !== null && key() !== firstKey);
  await eventually(async () => (await theNode(admin)).status === 'ACTIVE');
  await agent.says(/(Syncing with [^]*){2}/);
  expect(await theNode(admin)).toMatchObject({ id: nodeId, hostAgent: node.hostAgent, services: node.services });
  expect(node.services.nodes.map(({ name }: { name: string }) => name)).toContain('orders');
  const live = dataOf(await admin(AGENT_KEYS)).apiKeys.nodes;
  expect(live).toEqual([expect.objectContaining({ publicId: parseCredential(key())!.publicId })]);
});
