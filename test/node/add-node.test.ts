import { codes } from '../support/client';
import { statementsOfRequests } from '../support/reader';
import { startServer, type TestServer } from '../support/server';
import { add, facts, KINDS, LEAST, read, refusal, tryToAdd, type NodeKind } from './node-requests';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

const COMMON = {
  model: 'r6i.xlarge',
  region: 'eu-west-1',
  zone: 'a',
  environment: 'production',
  os: 'linux/amd64',
  tags: ['a', 'b'],
  labels: [{ name: 'team', value: 'core' }],
};

const WHOLE: Record<NodeKind, [type: string, typename: string, own: Record<string, string>]> = {
  generic: ['GENERIC', 'GenericNode', { machineId: 'm-1', distro: 'Debian 12' }],
  container: ['CONTAINER', 'ContainerNode', { machineId: 'm-1', containerId: 'c-1', containerName: 'db' }],
  remote: ['REMOTE', 'RemoteNode', {}],
  remoteRds: ['REMOTE_RDS', 'RemoteRdsNode', { instanceId: 'i-1' }],
  remoteAzureDatabase: ['REMOTE_AZURE_DATABASE', 'RemoteAzureDatabaseNode', {}],
};

describe.each(KINDS)('a node of kind %s', (kind) => {
  test('is kept with all that was said of it, and read back as it was answered', async () => {
    const [type, typename, own] = WHOLE[kind];
    const node = await add(server.editor, kind, { ...COMMON, ...own });
    const { machineId, ...others } = own;
    const told = kind === 'container' ? { ...others, hostMachineId: machineId } : own;
    expect(node).toMatchObject({ __typename: typename, type, status: 'UNKNOWN', ...COMMON, ...told });
    expect(node.createdAt).toBe(node.updatedAt);
    expect(await read(server.viewer, node.id)).toEqual(node);
  });

  test('needs no more than what every node of its kind has', async () => {
    const node = await add(server.editor, kind);
    const absent = Object.keys(COMMON).filter((field) => !(field in LEAST[kind]));
    for (const field of absent) expect(node[field]).toEqual(['tags', 'labels'].includes(field) ? [] : null);
  });

  test.each([...Object.keys(LEAST[kind]), 'name'])('is refused without %s', async (field) => {
    const answer = await tryToAdd(server.editor, kind, { [field]: undefined });
    expect(refusal(answer)).toEqual({ code: 'BAD_USER_INPUT', paths: [`input.${kind}.${field}`] });
  });

  test.each<[string, unknown, string?]>([
    ['name', ''],
    ['name', '-db'],
    ['name', 'a b'],
    ['name', 'n'.repeat(254)],
    ['address', ''],
    ['address', 'a'.repeat(254)],
    ['address', 'a\u0000'],
    ['model', ''],
    ['zone', 'z'.repeat(257)],
    ['os', '\u202E'],
    ['region', 'r'.repeat(129)],
    ['environment', ''],
    ['tags', [''], 'tags.0'],
    ['tags', Array.from({ length: 65 }, (_, index) => `t${index}`)],
    ['labels', [{ name: 'a-b', value: '' }], 'labels.0'],
    ['labels', [{ name: '__a', value: '' }], 'labels.0'],
    ['labels', [{ name: 'node_name', value: '' }], 'labels.0'],
    ['labels', Array.from({ length: 65 }, (_, index) => ({ name: `l${index}`, value: '' }))],
  ])('is refused with the %s %j', async (field, value, place = field) => {
    const answer = await tryToAdd(server.editor, kind, { [field]: value });
    expect(refusal(answer)).toEqual({ code: 'BAD_USER_INPUT', paths: [`input.${kind}.${place}`] });
  });

  test('of a name that is taken is CONFLICT, in any case and of whatever kind the other is', async () => {
    const { name } = await add(server.editor, 'generic');
    const answer = await tryToAdd(server.editor, kind, { name: name.toUpperCase() });
    expect(refusal(answer)).toEqual({ code: 'CONFLICT', paths: [`input.${kind}.name`] });
  });
});

describe('what a kind has of its own', () => {
  test('an RDS instance has an address without a dot', async () => {
    const answer = await tryToAdd(server.editor, 'remoteRds', { address: 'orders.example.org' });
    expect(refusal(answer)).toEqual({ code: 'BAD_USER_INPUT', paths: ['input.remoteRds.address'] });
  });

  test('a container’s name comes with its id', async () => {
    const answer = await tryToAdd(server.editor, 'container', { containerName: 'db' });
    expect(refusal(answer)).toEqual({ code: 'BAD_USER_INPUT', paths: ['input.container.containerName'] });
  });

  test('a container id is unique', async () => {
    await add(server.editor, 'container', { containerId: 'unique' });
    const answer = await tryToAdd(server.editor, 'container', { containerId: 'unique' });
    expect(refusal(answer)).toEqual({ code: 'CONFLICT', paths: ['input.container.containerId'] });
  });

  test.each(['remoteRds', 'remoteAzureDatabase'] as const)(
    'address and region tell %s from others of its kind, and from those alone',
    async (kind) => {
      const place = { address: `at-${kind}`, region: 'one' };
      await add(server.editor, kind, place);
      expect(refusal(await tryToAdd(server.editor, kind, place))).toEqual({
        code: 'CONFLICT',
        paths: [`input.${kind}.address`],
      });
      await add(server.editor, kind, { ...place, region: 'two' });
      for (const other of KINDS.filter((each) => each !== kind)) await add(server.editor, other, place);
    },
  );

  test.each(['generic', 'container', 'remote'] as const)('two of kind %s may share an address', async (kind) => {
    const place = { address: 'shared', region: 'eu' };
    const ids = [await add(server.editor, kind, place), await add(server.editor, kind, place)].map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
  });
});

test.each([
  ['none', {}],
  ['two', { generic: facts('generic'), remote: facts('remote') }],
])('%s of the kinds at once is refused', async (_, input) => {
  const answer = await server.editor('mutation ($input: AddNodeInput!) { addNode(input: $input) { node { id } } }', {
    input,
  });
  expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
});

test('of ten that add a name at the same moment one succeeds, the others are CONFLICT', async () => {
  const name = 'raced';
  const answers = await Promise.all(Array.from({ length: 10 }, () => tryToAdd(server.editor, 'generic', { name })));
  const told = answers.map((answer) => (codes(answer)[0] ?? 'added') as string).toSorted();
  expect(told).toEqual([...Array<string>(9).fill('CONFLICT'), 'added']);
});

test('it is one audit row, by whom, with what was said', async () => {
  const node = await add(server.editor, 'remote', { region: 'eu', labels: [{ name: 'team', value: 'core' }] });
  const rows = await server.database.query('SELECT * FROM audit_event WHERE target_id = $1', [node.id]);
  expect(rows).toMatchObject([
    {
      action: 'node.add',
      outcome: 'SUCCEEDED',
      actor_name: 'editor of the test',
      target_type: 'node',
      target_name: node.name,
      changes: [
        { field: 'name', before: null, after: node.name },
        { field: 'address', before: null, after: node.address },
        { field: 'region', before: null, after: 'eu' },
        { field: 'labels', before: null, after: '{"team":"core"}' },
      ],
    },
  ]);
});

test('what is refused by its facts alone costs no query', async () => {
  expect(await statementsOfRequests(server.database, () => tryToAdd(server.editor, 'generic', { name: '' }))).toEqual(
    [],
  );
});
