import { randomUUID } from 'node:crypto';
import { codes, dataOf } from '../support/client';
import { enrol, issueToken, register, sync, tryToRegister, type Enrolled } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { wholeRoll } from './roll';

let server: TestServer;
let other: Enrolled;
beforeAll(async () => {
  server = await startServer();
  other = await enrol(server.admin, { node: { name: 'other' } });
});
afterAll(() => server.stop());

/** What a key may do, and whose it is. */
async function reach(key: string) {
  return dataOf(await server.as(key)('{ caller { role agent { id enrolledBy runsOn { id } } } }')).caller;
}

const asAgent = (agentId: string, nodeId: string) => ({
  role: 'AGENT',
  agent: { id: agentId, enrolledBy: 'TOKEN', runsOn: { id: nodeId } },
});

/** What would be a claim to more, of members that there are and of some that there are not. */
const claims = () => ({
  role: 'ADMIN',
  agent_id: other.agentId,
  node_id: other.nodeId,
  replaces_node_id: other.nodeId,
  enrolled_by: 'MANUAL',
});

test('whatever an agent says of itself, its key is an agent’s and reaches what is its own', async () => {
  const { secret } = await issueToken(server.admin);
  const node = {
    name: 'admin',
    model: 'ADMIN',
    machineId: other.nodeId,
    containerId: other.agentId,
    environment: 'ADMIN',
    tags: ['ADMIN', 'role:ADMIN', other.agentId],
    labels: [
      { name: 'role', value: 'ADMIN' },
      { name: 'owner', value: other.agentId },
    ],
  };
  const enrolled = await register(server.anonymous, secret, { node, agentVersion: 'ADMIN' });
  dataOf(await sync(server.as(enrolled.secret), { agentVersion: 'ADMIN' }));
  expect([other.agentId, other.nodeId]).not.toEqual([enrolled.agentId, enrolled.nodeId]);
  expect(await reach(enrolled.secret)).toEqual(asAgent(enrolled.agentId, enrolled.nodeId));
  expect(await reach(other.secret)).toEqual(asAgent(other.agentId, other.nodeId));
});

test('members of the plain body that claim a role or another identity claim nothing', async () => {
  const { secret } = await issueToken(server.admin);
  const response = await fetch(`${server.url}/api/v1/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...claims(), token: secret, hostname: `plain-${randomUUID()}` }),
  });
  const enrolled = (await response.json()) as { agent_id: string; node_id: string; api_key: string };
  expect([response.status, enrolled.agent_id === other.agentId]).toEqual([201, false]);
  expect(await reach(enrolled.api_key)).toEqual(asAgent(enrolled.agent_id, enrolled.node_id));
});

test('such members of an input of GraphQL are refused, and nothing is changed', async () => {
  const { secret } = await issueToken(server.admin);
  const before = await wholeRoll(server.database);
  for (const [name, value] of [...Object.entries(claims()), ['agentId', other.agentId], ['nodeId', other.nodeId]]) {
    expect(codes(await tryToRegister(server.anonymous, secret, { [name!]: value }))).toEqual(['BAD_USER_INPUT']);
    const node = { name: 'claimant', [name!]: value };
    expect(codes(await tryToRegister(server.anonymous, secret, { node }))).toEqual(['BAD_USER_INPUT']);
    expect(codes(await sync(server.as(other.secret), { [name!]: value }))).toEqual(['BAD_USER_INPUT']);
  }
  expect(await wholeRoll(server.database)).toEqual(before);
});

test('the name of another host is refused to a token that was not made to replace it', async () => {
  const { secret } = await issueToken(server.admin);
  const before = await wholeRoll(server.database);
  for (const name of ['other', 'OTHER'])
    expect(codes(await tryToRegister(server.anonymous, secret, { node: { name } }))).toEqual(['CONFLICT']);
  expect(await wholeRoll(server.database)).toEqual(before);
});
