import { randomUUID } from 'node:crypto';
import * as nodes from '../node/node-requests';
import { refusal } from '../node/node-requests';
import { codes } from '../support/client';
import { enrol } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { factsOf, KIND_NAMES } from './agent-kinds';
import { add, addHost, addOf, generationOf, placeFor, read, tryToAdd, type Host } from './agent-requests';

let server: TestServer;
let host: Host;
beforeAll(async () => {
  server = await startServer();
  host = await addHost(server.editor);
});
afterAll(() => server.stop());

const COMMON = { labels: [{ name: 'team', value: 'core' }], disabled: true };
const one = (id: string | undefined) => (id === undefined ? null : { id });

describe.each(KIND_NAMES)('an agent of kind %s', (kind) => {
  const { type, typename, settings, secrets, least, unsaid, observes } = factsOf(kind);
  const isSupervised = kind !== 'externalExporter';

  test('is kept with all that was said of it, and read back as it was answered', async () => {
    const place = await placeFor(server.editor, kind, host);
    const given = Object.fromEntries(secrets.map((secret) => [secret, 'a secret']));
    const agent = await add(server.editor, kind, { ...place, ...settings, ...given, ...COMMON });
    expect(agent).toMatchObject({
      __typename: typename,
      type,
      status: isSupervised ? 'DONE' : 'UNKNOWN',
      version: null,
      runsOn: { id: host.nodeId },
      supervisor: isSupervised ? { id: host.supervisorId } : null,
      observedService: one(place['serviceId']),
      observedNode: one(place['nodeId'] ?? (observes === 'own' ? host.nodeId : undefined)),
      ...settings,
      ...Object.fromEntries(secrets.map((secret) => [`${secret}Set`, true])),
      ...COMMON,
    });
    expect(await read(server.viewer, agent.id)).toEqual(agent);
  });

  test('of which nothing is said has what counts then, is not disabled, and UNKNOWN', async () => {
    expect(await addOf(server.editor, kind, host)).toMatchObject({
      ...unsaid,
      ...Object.fromEntries(secrets.map((secret) => [`${secret}Set`, false])),
      disabled: false,
      labels: [],
      status: 'UNKNOWN',
    });
  });

  test('is refused with a faulty label', async () => {
    const place = await placeFor(server.editor, kind, host);
    const labels = [{ name: 'agent_id', value: '' }];
    expect(refusal(await tryToAdd(server.editor, kind, { ...place, ...least, labels }))).toEqual({
      code: 'BAD_USER_INPUT',
      paths: [`input.${kind}.labels.0`],
    });
  });

  test.each([randomUUID(), '', 'nonsense'])('finds nothing to belong to under the id %j', async (unknown) => {
    const place = await placeFor(server.editor, kind, host);
    for (const field of Object.keys(place))
      expect(codes(await tryToAdd(server.editor, kind, { ...place, ...least, [field]: unknown }))).toEqual([
        'NOT_FOUND',
      ]);
  });

  test(`${isSupervised ? 'raises' : 'leaves'} the generation of the host agent where it runs`, async () => {
    const before = await generationOf(server.viewer, host.supervisorId);
    await addOf(server.editor, kind, host);
    expect(await generationOf(server.viewer, host.supervisorId)).toBe(before + (isSupervised ? 1 : 0));
  });

  test('is one audit row, by whom, with what was said and no secret', async () => {
    const given = Object.fromEntries(secrets.map((secret) => [secret, 'canary']));
    const agent = await addOf(server.editor, kind, host, given);
    const rows = await server.database.query<{ changes: { field: string; after: string }[] }>(
      'SELECT action, actor_name, target_name, changes FROM audit_event WHERE target_id = $1',
      [agent.id],
    );
    expect(rows).toMatchObject([
      { action: 'agent.add', actor_name: 'editor of the test', target_name: `${type} on ${host.nodeName}` },
    ]);
    const told = Object.fromEntries(rows[0]!.changes.map(({ field, after }) => [field, after]));
    expect(told).toEqual({
      runsOn: host.nodeId,
      ...(isSupervised && { supervisor: host.supervisorId }),
      [agent.observedService ? 'observedService' : 'observedNode']: (agent.observedService ?? agent.observedNode).id,
      ...Object.fromEntries(Object.entries(least).map(([field, value]) => [field, String(value)])),
      ...Object.fromEntries(secrets.map((secret) => [secret, 'set'])),
    });
  });
});

test.each(KIND_NAMES.flatMap((kind) => Object.keys(factsOf(kind).least).map((field) => [kind, field] as const)))(
  'an agent of kind %s is not added without a %s',
  async (kind, field) => {
    const place = await placeFor(server.editor, kind, host);
    for (const nothing of [null, undefined]) {
      const answer = await tryToAdd(server.editor, kind, { ...place, ...factsOf(kind).least, [field]: nothing });
      expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
    }
  },
);

const SUPERVISED = KIND_NAMES.filter((kind) => kind !== 'externalExporter');

test.each(SUPERVISED)('an agent of kind %s is supervised by nothing but a host agent', async (kind) => {
  const other = await addOf(server.editor, 'nodeExporter', host);
  const place = { ...(await placeFor(server.editor, kind, host)), supervisorId: other.id };
  expect(codes(await tryToAdd(server.editor, kind, { ...place, ...factsOf(kind).least }))).toEqual([
    'FAILED_PRECONDITION',
  ]);
});

test('what an agent observes may be on another node than it runs on', async () => {
  const elsewhere = await nodes.add(server.editor, 'generic');
  const { serviceId } = await placeFor(server.editor, 'mysqldExporter', { ...host, nodeId: elsewhere.id });
  const given = { supervisorId: host.supervisorId, serviceId, username: 'u' };
  const agent = await add(server.editor, 'mysqldExporter', given);
  expect(agent).toMatchObject({ runsOn: { id: host.nodeId }, observedService: { id: serviceId } });
});

test('of several kinds at once, or of none, nothing is added', async () => {
  const query = 'mutation ($input: AddAgentInput!) { addAgent(input: $input) { agent { id } } }';
  const facts = { supervisorId: host.supervisorId };
  for (const input of [{}, { vmAgent: null }, { vmAgent: facts, nomadAgent: facts }])
    expect(codes(await server.editor(query, { input }))).toEqual(['BAD_USER_INPUT']);
});

test('it is for editors: not for viewers, agents, and whoever has no key', async () => {
  const { secret } = await enrol(server.admin);
  const given = { supervisorId: host.supervisorId };
  expect(codes(await tryToAdd(server.viewer, 'vmAgent', given))).toEqual(['FORBIDDEN']);
  expect(codes(await tryToAdd(server.as(secret), 'vmAgent', given))).toEqual(['FORBIDDEN']);
  expect(codes(await tryToAdd(server.anonymous, 'vmAgent', given))).toEqual(['UNAUTHENTICATED']);
  expect(codes(await tryToAdd(server.editor, 'vmAgent', given))).toEqual([]);
});
