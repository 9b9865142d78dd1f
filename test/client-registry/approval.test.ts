import { credentialFingerprint } from '../../src/access/credential';
import { REGISTRATION_REQUEST } from '../../src/inventory/inventory-change';
import { codes, dataOf } from '../support/client';
import { sync } from '../support/enrol';
import type { TestServer } from '../support/server';
import { keyEnd, readNode } from '../enrolment/roll';
import { approve, ask, letIn, makeAgentKey, openServer, publicIdOf, readRequest, reject, unlock } from './requests';

let server: TestServer;
beforeAll(async () => (server = await openServer()));
afterAll(() => server.stop());

const change = (field: string, before: string | null, after: string | null) => ({ field, before, after });
const changed = (id: string) => ({ object: REGISTRATION_REQUEST, id, kind: 'CHANGED' });

describe('an agent that asks and is approved', () => {
  test('is on the roll with its facts, and its own key is good from then on', async () => {
    const key = makeAgentKey();
    const facts = { agentVersion: '1.2', postgresql: { version: '17.1' } };
    const asked = await ask(server.anonymous, key, 'db-1', facts);
    expect(asked).toMatchObject({ state: 'PENDING', agentId: null, nodeId: null });
    expect(codes(await sync(server.as(key.text)))).toEqual(['UNAUTHENTICATED']);
    const { agent, request } = await approve(server.admin, asked);
    expect(request).toMatchObject({
      id: asked.requestId,
      state: 'APPROVED',
      decidedAt: expect.any(String),
      decidedBy: { name: 'admin of the test', keyPublicId: publicIdOf(server.keys.ADMIN) },
      agent: { id: agent.id, enrolledBy: 'APPROVAL' },
    });
    dataOf(await sync(server.as(key.text)));
    expect(await readNode(server.viewer, agent.runsOn.id)).toMatchObject({
      name: 'db-1',
      address: '127.0.0.1',
      services: { nodes: [{ name: 'db-1-postgresql', version: '17.1', port: 5432 }] },
      agents: { nodes: [{ id: agent.id, type: 'HOST_AGENT', version: '1.2' }] },
    });
    expect(await ask(server.anonymous, key, 'db-1')).toMatchObject({
      requestId: asked.requestId,
      state: 'APPROVED',
      message: null,
      agentId: agent.id,
      nodeId: agent.runsOn.id,
    });
  });

  test('has a key named after its node, made by who approved, with the fingerprint that was shown', async () => {
    const { agentId, key } = await letIn(server.admin, 'db-key');
    const { apiKeys } = dataOf(
      await server.admin(
        `query ($ids: [ID!]) { apiKeys(filter: { agentIds: $ids }) { nodes { name role fingerprint expiresAt createdBy { name keyPublicId } } } }`,
        { ids: [agentId] },
      ),
    );
    expect(apiKeys.nodes).toEqual([
      {
        name: 'db-key',
        role: 'AGENT',
        fingerprint: credentialFingerprint(key.keyPublicId, Buffer.from(key.keySecretHash, 'hex')),
        expiresAt: null,
        createdBy: { name: 'admin of the test', keyPublicId: publicIdOf(server.keys.ADMIN) },
      },
    ]);
  });

  test('gets what the approver says of region and environment, tags of both, and of a label the approver’s value; both are kept', async () => {
    const labels = [
      { name: 'team', value: 'asked' },
      { name: 'rack', value: 'asked' },
    ];
    const node = { name: 'db-grant', region: 'asked', environment: 'asked', tags: ['b', 'c'], labels };
    const asked = await ask(server.anonymous, makeAgentKey(), 'db-grant', { node });
    const given = {
      region: 'eu',
      environment: 'production',
      tags: ['a', 'b'],
      labels: [{ name: 'team', value: 'dba' }],
    };
    const { request, agent } = await approve(server.admin, asked, given);
    expect(request).toMatchObject({
      region: 'asked',
      environment: 'asked',
      tags: ['b', 'c'],
      labels: labels.toReversed(),
      granted: { replace: false, ...given },
    });
    expect(await readNode(server.viewer, agent.runsOn.id)).toMatchObject({
      region: 'eu',
      environment: 'production',
      tags: ['a', 'b', 'c'],
      labels: [
        { name: 'rack', value: 'asked' },
        { name: 'team', value: 'dba' },
      ],
    });
  });

  test('needs no open registry, and the approval no more than the pairing ID in any case, with or without its dash', async () => {
    const spellings = [(id: string) => id.toLowerCase(), (id: string) => id.replace('-', ''), (id: string) => id];
    for (const [index, spelled] of spellings.entries()) {
      const asked = await ask(server.anonymous, makeAgentKey(), `db-spelled-${index}`);
      await server.database.query('UPDATE client_registry SET open_until = NULL');
      const { request } = await approve(server.admin, { ...asked, pairingId: spelled(asked.pairingId) });
      expect(request.state).toBe('APPROVED');
      await unlock(server.admin, '1h');
    }
  });
});

test('approval and rejection are told to whoever listens, with all requests that they make a difference to', async () => {
  const waiting = await ask(server.anonymous, makeAgentKey(), 'db-heard');
  const younger = await ask(server.anonymous, makeAgentKey(), 'db-heard');
  const heard: { object: string; id: string; kind: string }[] = [];
  const end = server.changeFeed.subscribe((changes) => void heard.push(...changes));
  await reject(server.admin, waiting.requestId);
  expect(heard.splice(0)).toEqual([changed(waiting.requestId), changed(younger.requestId)]);
  const { agent } = await approve(server.admin, younger);
  end();
  expect(heard).toEqual([
    { object: 'NODE', id: agent.runsOn.id, kind: 'ADDED' },
    { object: 'AGENT', id: agent.id, kind: 'ADDED' },
    changed(younger.requestId),
  ]);
});

test('decisions have their rows in the audit trail: what was asked, granted and made, and by whom', async () => {
  const events = (id: string) =>
    server.database.query<Record<string, unknown>>(
      `SELECT action, actor_name, target_type, target_name, reason, changes FROM audit_event
       WHERE target_id = $1 AND outcome = 'SUCCEEDED' ORDER BY id`,
      [id],
    );
  const key = makeAgentKey();
  const asked = await ask(server.anonymous, key, 'db-audit');
  const { agent } = await approve(server.admin, asked, { environment: 'production' });
  const refused = await ask(server.anonymous, makeAgentKey(), 'db-audit-2');
  await reject(server.admin, refused.requestId, 'unknown host');
  expect((await events(asked.requestId)).at(-1)).toEqual({
    action: 'registration_request.approve',
    actor_name: 'admin of the test',
    target_type: 'registration_request',
    target_name: 'db-audit',
    reason: null,
    changes: [
      change('state', 'PENDING', 'APPROVED'),
      change('replace', null, 'false'),
      change('environment', null, 'production'),
    ],
  });
  expect(await events(agent.id)).toMatchObject([
    { action: 'agent.register', actor_name: 'admin of the test', changes: [change('apiKey', null, key.keyPublicId)] },
  ]);
  expect((await events(refused.requestId)).at(-1)).toMatchObject({
    action: 'registration_request.reject',
    reason: 'unknown host',
    changes: [change('state', 'PENDING', 'REJECTED')],
  });
});

test('an agent that is removed leaves its request as it was decided, and its key is told that it was removed', async () => {
  const { asked, agentId, key } = await letIn(server.admin, 'db-gone');
  dataOf(
    await server.editor(`mutation ($id: ID!) { removeAgent(input: { id: $id, force: true }) { agentId } }`, {
      id: agentId,
    }),
  );
  expect(await readRequest(server.admin, asked.requestId)).toMatchObject({ state: 'APPROVED', agent: null });
  expect(await ask(server.anonymous, key, 'db-gone')).toMatchObject({ state: 'APPROVED', agentId: null, nodeId: null });
  expect(await keyEnd(server.as(key.text))).toBe('AGENT_REMOVED');
});
