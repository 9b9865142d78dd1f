import { codes, dataOf } from '../support/client';
import { enrol, sync } from '../support/enrol';
import type { TestServer } from '../support/server';
import { keyEnd, readNode, wholeRoll } from '../enrolment/roll';
import { approve, ask, letIn, makeAgentKey, openServer, readRequest, tryToApprove } from './requests';

let server: TestServer;
beforeAll(async () => (server = await openServer()));
afterAll(() => server.stop());

const everything = async () => [
  await wholeRoll(server.database),
  await server.database.query('SELECT * FROM registration_request ORDER BY id'),
];

describe('a name that is taken', () => {
  /** By what the name is held, and the client that has its key. */
  const HOLDERS: [
    string,
    (name: string) => Promise<{ nodeId: string; agentId: unknown; key: string | null; end: string | null }>,
  ][] = [
    [
      'an active agent',
      async (name) => {
        const { key, nodeId, agentId } = await letIn(server.admin, name, { postgresql: { version: '16' } });
        dataOf(await sync(server.as(key.text)));
        return { nodeId, agentId, key: key.text, end: 'AGENT_REPLACED' };
      },
    ],
    [
      'an agent that fell silent',
      async (name) => {
        const { nodeId, agentId, secret } = await enrol(server.admin, {
          node: { name },
          postgresql: { version: '16' },
        });
        return { nodeId, agentId, key: secret, end: 'AGENT_REPLACED' };
      },
    ],
    [
      'a node without a host agent',
      async (name) => {
        const { addNode } = dataOf(
          await server.editor(
            `mutation ($name: String!) { addNode(input: { generic: { name: $name, address: "10.0.0.9" } }) { node { id } } }`,
            { name },
          ),
        );
        return { nodeId: addNode.node.id, agentId: expect.any(String), key: null, end: null };
      },
    ],
  ];

  test.each(HOLDERS)('by %s is a CONFLICT without replace; with it, the agent takes its place', async (what, hold) => {
    const name = `db-${what.replaceAll(' ', '-')}`;
    const { nodeId, agentId, key, end } = await hold(name);
    const own = makeAgentKey();
    const asked = await ask(server.anonymous, own, name, { node: { name, os: 'linux/arm64' } });
    expect(asked.state).toBe('CONFLICTING');
    const before = await everything();
    expect(codes(await tryToApprove(server.admin, asked))).toEqual(['CONFLICT']);
    expect(await everything()).toEqual(before);
    const { services: servicesBefore } = await readNode(server.viewer, nodeId);

    const { agent, request } = await approve(server.admin, asked, { replace: true });
    expect(agent.runsOn.id).toBe(nodeId);
    expect(agent.id).toEqual(agentId);
    expect(request).toMatchObject({ state: 'APPROVED', granted: { replace: true } });
    const node = await readNode(server.viewer, nodeId);
    expect(node).toMatchObject({ name, os: 'linux/arm64' });
    expect(node.services).toEqual(servicesBefore);
    expect(key && (await keyEnd(server.as(key)))).toBe(end);
    dataOf(await sync(server.as(own.text)));
  });

  test('by an older request is a CONFLICT without replace; with it, the older one is in conflict with the node', async () => {
    const older = await ask(server.anonymous, makeAgentKey(), 'db-race');
    const younger = await ask(server.anonymous, makeAgentKey(), 'db-race');
    const before = await everything();
    expect(codes(await tryToApprove(server.admin, younger))).toEqual(['CONFLICT']);
    expect(await everything()).toEqual(before);
    const { agent } = await approve(server.admin, younger, { replace: true });
    expect(await readRequest(server.admin, older.requestId)).toMatchObject({
      state: 'CONFLICTING',
      conflictsWith: { id: agent.runsOn.id },
    });
  });

  test('by a younger request is none: the older one is approved', async () => {
    const older = await ask(server.anonymous, makeAgentKey(), 'db-first');
    await ask(server.anonymous, makeAgentKey(), 'db-first');
    expect((await approve(server.admin, older)).request.state).toBe('APPROVED');
  });
});
