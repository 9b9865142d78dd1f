import { dataOf } from '../support/client';
import { readNode } from '../enrolment/roll';
import { startServer, testConfig, type TestServer } from '../support/server';
import { approve, letIn, makeAgentKey, readRequest, unlock } from './requests';

const KEY_LIFE_SECONDS = 7_200;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    trustedProxies: ['127.0.0.1'],
    agentKeyTtlSeconds: KEY_LIFE_SECONDS,
    clientRegistry: { ...testConfig().clientRegistry, pendingPerAddress: 1 },
  });
  await unlock(server.admin, '1h');
});
afterAll(() => server.stop());

/** Asks as an agent at this address does, behind a proxy that is trusted. */
async function askFrom(address: string, hostname: string) {
  const { keyPublicId, keySecretHash } = makeAgentKey();
  const response = await fetch(`${server.url}/api/v1/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
    body: JSON.stringify({ key_public_id: keyPublicId, key_secret_hash: keySecretHash, hostname }),
  });
  const body = (await response.json()) as { request_id: string; pairing_id: string };
  return { status: response.status, asked: { requestId: body.request_id, pairingId: body.pairing_id } };
}

test('the node of an agent that names no address has that from which it asked, not that from which it was approved', async () => {
  const { asked } = await askFrom('192.0.2.77', 'asked-from-afar');
  expect(await readRequest(server.admin, asked.requestId)).toMatchObject({ remoteAddress: '192.0.2.77' });
  const { agent } = await approve(server.admin, asked);
  expect(await readNode(server.viewer, agent.runsOn.id)).toMatchObject({ address: '192.0.2.77' });
});

test.each([
  ['an IPv4 address', '198.51.100.1', '198.51.100.1', '198.51.100.2'],
  ['a /64 of IPv6', '2001:db8:0:1::1', '2001:db8:0:1:ffff::2', '2001:db8:0:2::1'],
])('the bound of %s counts those alone', async (what, first, same, other) => {
  const name = what.replaceAll(/\W/g, '');
  expect((await askFrom(first, `${name}-1`)).status).toBe(202);
  expect((await askFrom(same, `${name}-2`)).status).toBe(429);
  expect((await askFrom(other, `${name}-3`)).status).toBe(202);
});

test('the key of an agent that was approved ends as agent_key_ttl says', async () => {
  const { agentId } = await letIn(server.admin, 'with-an-end');
  const { apiKeys } = dataOf(
    await server.admin(
      `query ($ids: [ID!]) { apiKeys(filter: { agentIds: $ids }) { nodes { createdAt expiresAt } } }`,
      {
        ids: [agentId],
      },
    ),
  );
  const [{ createdAt, expiresAt }] = apiKeys.nodes;
  expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBeCloseTo(KEY_LIFE_SECONDS * 1_000, -3);
});
