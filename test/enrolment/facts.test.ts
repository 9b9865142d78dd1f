import { codes } from '../support/client';
import { issueToken, tryToRegister } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { wholeRoll } from './roll';

let server: TestServer;
let token: string;
beforeAll(async () => {
  server = await startServer();
  token = (await issueToken(server.admin)).secret;
});
afterAll(() => server.stop());

const node = (facts: Record<string, unknown>) => ({ node: { name: 'db-01', ...facts } });
const postgresql = (facts: Record<string, unknown>) => ({ ...node({}), postgresql: { version: '17', ...facts } });

/** Sends it and tells which fields are wrong; the roll must be as it was. */
async function faultyPaths(input: Record<string, unknown>): Promise<string[]> {
  const before = await wholeRoll(server.database);
  const answer = await tryToRegister(server.anonymous, token, input);
  expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
  expect(await wholeRoll(server.database)).toEqual(before);
  const fields = answer.errors[0]!.extensions['fields'] as { path: string; message: string }[];
  for (const { message } of fields) expect(message).toMatch(/^[A-Z].+\.$/);
  return fields.map(({ path }) => path);
}

test.each([
  ['empty', ''],
  ['longer than 253', 'n'.repeat(254)],
  ['beginning with a dash', '-db'],
  ['beginning with a dot', '.db'],
  ['ending with an underscore', 'db_'],
  ['a lone dash', '-'],
  ['with a space', 'db 01'],
  ['with a slash', 'db/01'],
  ['with a star', 'db*'],
  ['ending with a line end', 'db\n'],
  ['with NUL', 'd\u0000b'],
  ['with a letter that only looks like ASCII', 'dЬ-01'],
])('a node name %s is refused', async (_, name) => {
  expect(await faultyPaths({ node: { name } })).toEqual(['input.node.name']);
});

test.each(['a', '7', 'A.b_c-d', 'n'.repeat(253)])('the node name %s is taken', async (name) => {
  const { secret } = await issueToken(server.admin);
  expect(codes(await tryToRegister(server.anonymous, secret, { node: { name } }))).toEqual([]);
});

const LONGEST: [path: string, longest: number, input: (text: string) => Record<string, unknown>][] = [
  ['input.node.address', 253, (address) => node({ address })],
  ['input.node.os', 256, (os) => node({ os })],
  ['input.node.distro', 256, (distro) => node({ distro })],
  ['input.node.model', 256, (model) => node({ model })],
  ['input.node.machineId', 256, (machineId) => node({ machineId })],
  ['input.node.containerId', 256, (containerId) => node({ containerId })],
  ['input.node.containerName', 256, (containerName) => node({ containerName, containerId: 'c' })],
  ['input.node.zone', 256, (zone) => node({ zone })],
  ['input.node.region', 128, (region) => node({ region })],
  ['input.node.environment', 128, (environment) => node({ environment })],
  ['input.node.tags.1', 128, (tag) => node({ tags: ['good', tag] })],
  ['input.agentVersion', 100, (agentVersion) => ({ ...node({}), agentVersion })],
  ['input.postgresql.version', 100, (version) => postgresql({ version })],
  ['input.postgresql.name', 300, (name) => postgresql({ name })],
  ['input.postgresql.address', 253, (address) => postgresql({ address })],
  ['input.postgresql.socket', 256, (socket) => postgresql({ socket })],
  ['input.postgresql.cluster', 256, (cluster) => postgresql({ cluster })],
  ['input.postgresql.replicationSet', 256, (replicationSet) => postgresql({ replicationSet })],
];

describe.each(LONGEST)('%s', (path, longest, input) => {
  test.each([
    ['empty', ''],
    ['longer than it may be', 'x'.repeat(longest + 1)],
    ['with NUL', 'a\u0000b'],
    ['with a line end', 'a\nb'],
    ['with an escape', 'a\u001b[31m'],
    ['with a control character beyond ASCII', 'a\u0085b'],
    ['with a mark that turns its direction', 'a\u202Eb'],
    ['with an isolate of direction', 'a\u2066b'],
    ['with half a character', 'a\ud83d'],
  ])('is refused %s', async (_, text) => {
    expect(await faultyPaths(input(text))).toEqual([path]);
  });

  test('is taken at its longest', async () => {
    const { secret } = await issueToken(server.admin);
    const facts = input('y'.repeat(longest)) as { node: object };
    const name = `longest-${path.replaceAll('.', '-')}`;
    const answer = await tryToRegister(server.anonymous, secret, { ...facts, node: { ...facts.node, name } });
    expect(codes(answer)).toEqual([]);
  });
});

test.each<[string, Record<string, unknown>, string[]]>([
  ['a container name without a container id', node({ containerName: 'db' }), ['input.node.containerName']],
  ['too many tags', node({ tags: Array.from({ length: 65 }, String) }), ['input.node.tags']],
  [
    'too many labels',
    node({ labels: Array.from({ length: 65 }, (_, n) => ({ name: `l${n}`, value: '' })) }),
    ['input.node.labels'],
  ],
  ['a label name with a dash', node({ labels: [{ name: 'a-b', value: '' }] }), ['input.node.labels.0']],
  ['a label that the inventory sets', node({ labels: [{ name: 'job', value: '' }] }), ['input.node.labels.0']],
  [
    'a label twice',
    node({
      labels: [
        { name: 'a', value: '1' },
        { name: 'a', value: '1' },
      ],
    }),
    ['input.node.labels.1'],
  ],
  ['a label value with NUL', node({ labels: [{ name: 'a', value: '\u0000' }] }), ['input.node.labels.0']],
  ['a label value with half a character', node({ labels: [{ name: 'a', value: '\udc00' }] }), ['input.node.labels.0']],
  ['port 0', postgresql({ port: 0 }), ['input.postgresql.port']],
  ['port 65536', postgresql({ port: 65_536 }), ['input.postgresql.port']],
  ['socket and address', postgresql({ socket: '/run', address: 'localhost' }), ['input.postgresql.socket']],
  ['socket and port', postgresql({ socket: '/run', port: 5432 }), ['input.postgresql.socket']],
  [
    'several faults, told at once',
    { node: { name: '', os: '' }, agentVersion: '' },
    ['input.node.name', 'input.node.os', 'input.agentVersion'],
  ],
])('%s is refused', async (_, input, paths) => {
  expect(await faultyPaths(input)).toEqual(paths);
});

test.each(['x', '', 'a5f3c0de-1111-4222-8333-c0ffee12345', 7])(
  'the registrationId %j, which is no UUID, is refused and not repeated',
  async (registrationId) => {
    const before = await wholeRoll(server.database);
    const answer = await tryToRegister(server.anonymous, token, { registrationId });
    expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.text).not.toContain(token);
    expect(await wholeRoll(server.database)).toEqual(before);
  },
);

test('what is faulty costs no use', async () => {
  await faultyPaths(node({ os: '' }));
  expect(codes(await tryToRegister(server.anonymous, token))).toEqual([]);
});
