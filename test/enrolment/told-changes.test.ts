import { randomUUID } from 'node:crypto';
import * as nodes from '../node/node-requests';
import { codes } from '../support/client';
import { enrol, issueToken, register, tryToRegister, type Enrolled } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { toldOf } from '../support/told-changes';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

const POSTGRESQL = { version: '16.4' };

const node = ({ nodeId: id }: Enrolled, kind: string) => ({ kind, object: 'NODE', id });
const agent = ({ agentId: id }: Enrolled, kind: string) => ({ kind, object: 'AGENT', id });
const service = ({ serviceId: id }: Enrolled, kind: string) => ({ kind, object: 'SERVICE', id });

/** Enrols a node afresh; the given facts are the agent's. */
async function replace(nodeId: string, facts: Record<string, unknown>): Promise<Enrolled> {
  const { secret } = await issueToken(server.admin, { replacesNodeId: nodeId });
  return register(server.anonymous, secret, facts);
}

describe('enrolment tells the change feed, once, of', () => {
  test.each([
    ['node and host agent of a first registration', {}, [node, agent]],
    ['its PostgreSQL service, too', { postgresql: POSTGRESQL }, [node, agent, service]],
  ])('%s', async (_, facts, parts) => {
    let enrolled: Enrolled;
    const told = await toldOf(server, async () => (enrolled = await enrol(server.admin, facts)));
    expect(told).toEqual([parts.map((part) => part(enrolled, 'ADDED'))]);
  });

  test.each([
    ['the version of the service that was known', '17.0', [service]],
    ['and not of a service that is as it was', POSTGRESQL.version, []],
  ])('what a replacement changes: node, host agent, %s', async (_, version, parts) => {
    const facts = { node: { name: `node-${randomUUID()}` }, postgresql: POSTGRESQL };
    const first = await enrol(server.admin, facts);
    const told = await toldOf(server, () => replace(first.nodeId, { ...facts, postgresql: { version } }));
    expect(told).toEqual([[node, agent, ...parts].map((part) => part(first, 'CHANGED'))]);
  });

  test('the host agent that a node made by hand is given, and the service that was found there', async () => {
    const { id, name } = await nodes.add(server.editor, 'generic');
    let enrolled: Enrolled;
    const told = await toldOf(
      server,
      async () => (enrolled = await replace(id, { node: { name }, postgresql: POSTGRESQL })),
    );
    expect(told).toEqual([[node(enrolled!, 'CHANGED'), agent(enrolled!, 'ADDED'), service(enrolled!, 'ADDED')]]);
  });
});

describe('enrolment tells the change feed nothing of', () => {
  test('a retry, which changes a key alone', async () => {
    const { secret } = await issueToken(server.admin);
    const facts = { registrationId: randomUUID(), node: { name: `node-${randomUUID()}` }, postgresql: POSTGRESQL };
    await register(server.anonymous, secret, facts);
    expect(await toldOf(server, () => register(server.anonymous, secret, facts))).toEqual([]);
  });

  test('a registration that is refused after it has made a node', async () => {
    const name = `orders-${randomUUID()}`;
    await enrol(server.admin, { postgresql: { ...POSTGRESQL, name } });
    const { secret } = await issueToken(server.admin);
    const refused = async () => {
      const answer = await tryToRegister(server.anonymous, secret, { postgresql: { ...POSTGRESQL, name } });
      expect(codes(answer)).toEqual(['CONFLICT']);
    };
    expect(await toldOf(server, refused)).toEqual([]);
  });
});
