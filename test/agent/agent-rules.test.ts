import { randomUUID } from 'node:crypto';
import { refusal } from '../node/node-requests';
import { codes } from '../support/client';
import { startServer, type TestServer } from '../support/server';
import { factsOf, KIND_NAMES, type AgentKind } from './agent-kinds';
import { add, addHost, addOf, placeFor, read, tryToAdd, tryToUpdate, type Host } from './agent-requests';

let server: TestServer;
let host: Host;
beforeAll(async () => {
  server = await startServer();
  host = await addHost(server.editor);
});
afterAll(() => server.stop());

const MANY = Array.from({ length: 65 }, (_, index) => `c${index}`);
const OUR_KEY = `rct_${'a'.repeat(12)}_${'b'.repeat(43)}`;
const LINE: [unknown, string?][] = [[''], ['a\nb'], ['a\u202eb'], ['x'.repeat(257)], [OUR_KEY]];
const LIST: [unknown, string?][] = [[MANY], [['good', ''], '.1'], [[OUR_KEY], '.0']];
const BLOCK: [unknown, string?][] = [
  [''],
  ['\u0000'],
  ['x'.repeat(16_385)],
  [OUR_KEY],
  ['-----BEGIN PRIVATE KEY-----'],
];

/** Values that a setting does not take, and where below it the fault is. */
const FAULTS: Record<string, [value: unknown, place?: string][]> = {
  username: LINE,
  tlsCa: BLOCK,
  tlsCert: BLOCK,
  disabledCollectors: LIST,
  statsCollections: LIST,
  environmentVariableNames: LIST,
  extraDsnParams: [
    [[{ name: 'tls', value: 'false' }], '.0.name'],
    [[{ name: 'allowCleartextPasswords', value: '' }], '.0.value'],
    [
      [
        { name: 'allowCleartextPasswords', value: '1' },
        { name: 'allowCleartextPasswords', value: '1' },
      ],
      '.1.name',
    ],
  ],
  authenticationMechanism: LINE,
  authenticationDatabase: LINE,
  awsAccessKey: LINE,
  awsRoleArn: [[''], ['x'.repeat(2049)]],
  clientId: LINE,
  tenantId: LINE,
  subscriptionId: LINE,
  resourceGroup: LINE,
  scheme: [[''], ['ftp'], ['HTTP']],
  metricsPath: [[''], ['metrics'], ['/a\nb']],
  listenPort: [[0], [-1], [65_536]],
  collectInterval: [['0s']],
  maxQueryLength: [[-2]],
  password: [[''], ['x'.repeat(1025)], ['\ud800']],
  tlsKey: [[''], ['x'.repeat(16_385)]],
  awsSecretKey: [[''], ['x'.repeat(1025)]],
  clientSecret: [[''], ['x'.repeat(1025)]],
};

const CASES = KIND_NAMES.flatMap((kind) =>
  [...Object.keys(factsOf(kind).settings), ...factsOf(kind).secrets].flatMap((field) =>
    (FAULTS[field] ?? []).map(([value, place = '']) => ({
      kind,
      field,
      value,
      shown: JSON.stringify(value).slice(0, 40),
      path: `${field}${place}`,
    })),
  ),
);

const made = new Map<AgentKind, { agent: { id: string }; place: Record<string, string> }>();

/** One agent of a kind, which no case changes. */
async function some(kind: AgentKind) {
  const known = made.get(kind);
  if (known) return known;
  const place = await placeFor(server.editor, kind, host);
  const agent = await add(server.editor, kind, { ...place, ...factsOf(kind).least });
  made.set(kind, { agent, place });
  return { agent, place };
}

test.each(CASES)(
  '$kind is refused with $field $shown, when added and when updated',
  async ({ kind, field, value, path }) => {
    const { agent, place } = await some(kind);
    const before = await read(server.viewer, agent.id);
    expect(refusal(await tryToAdd(server.editor, kind, { ...place, ...factsOf(kind).least, [field]: value }))).toEqual({
      code: 'BAD_USER_INPUT',
      paths: [`input.${kind}.${path}`],
    });
    expect(refusal(await tryToUpdate(server.editor, agent.id, { settings: { [kind]: { [field]: value } } }))).toEqual({
      code: 'BAD_USER_INPUT',
      paths: [`input.settings.${kind}.${path}`],
    });
    expect(await read(server.viewer, agent.id)).toEqual(before);
  },
);

test.each([
  ['mysqldExporter', { connectionTimeout: '0s' }],
  ['mysqldExporter', { tablestatsGroupTableLimit: -1 }],
  ['mysqldExporter', { username: 'n'.repeat(256), tlsCa: 'x'.repeat(16_384), disabledCollectors: MANY.slice(1) }],
  ['externalExporter', { listenPort: 1 }],
  ['externalExporter', { listenPort: 65_535, metricsPath: '/' }],
  ['rtaMongodbAgent', { collectInterval: '1s' }],
  ['qanMysqlSlowlogAgent', { maxQueryLength: -1, maxSlowlogFileSize: -1 }],
  ['qanMongodbProfilerAgent', { maxQueryLength: 0 }],
] as const)('%s may have %j', async (kind, settings) => {
  expect(await addOf(server.editor, kind, host, settings)).toMatchObject(settings);
});

test.each([
  ['a connection timeout below nothing', 'mysqldExporter', { connectionTimeout: '-1s' }],
  ['a setting of another kind', 'nodeExporter', { username: 'u' }],
  ['an unknown log level', 'nodeExporter', { logLevel: 'TRACE' }],
] as const)('%s is refused', async (_, kind, settings) => {
  const place = await placeFor(server.editor, kind, host);
  expect(codes(await tryToAdd(server.editor, kind, { ...place, ...factsOf(kind).least, ...settings }))).toEqual([
    'BAD_USER_INPUT',
  ]);
});

test('all faults are told at once', async () => {
  const place = await placeFor(server.editor, 'externalExporter', host);
  const facts = { ...place, listenPort: 0, scheme: 'ftp', metricsPath: '', labels: [{ name: '1', value: '' }] };
  const { paths } = refusal(await tryToAdd(server.editor, 'externalExporter', facts));
  expect(paths.toSorted()).toEqual(
    ['labels.0', 'listenPort', 'metricsPath', 'scheme'].map((field) => `input.externalExporter.${field}`),
  );
});

test('faults are told before it is looked for what the agent belongs to', async () => {
  const facts = { supervisorId: randomUUID(), serviceId: randomUUID(), username: '' };
  expect(codes(await tryToAdd(server.editor, 'mysqldExporter', facts))).toEqual(['BAD_USER_INPUT']);
});
