import { dataOf } from '../support/client';
import { enrol } from '../support/enrol';
import { startServer } from '../support/server';
// After what brings the metadata that its decorators need.
import { labelFaults, labelMap, labelsOf } from '../../src/label/label';

const faultsOf = (name: string, value = 'v') => labelFaults([{ name, value }], 'input.labels');

describe('the name of a label', () => {
  test.each(['a', 'A', '_', '_a', 'team', 'Team_2', 'a1', 'a__b', 'a_', 'x'.repeat(128)])('may be %s', (name) => {
    expect(faultsOf(name)).toEqual([]);
  });

  test.each(['', '1a', '__a', '__', 'a-b', 'a.b', 'a b', ' a', 'a\n', 'é', 'a\u0000', '"', 'x'.repeat(129)])(
    'may not be %j',
    (name) => {
      expect(faultsOf(name)).toEqual([
        {
          path: 'input.labels.0',
          message: expect.stringMatching(/^A label's name has letters, digits and underscores/),
        },
      ]);
    },
  );

  test.each([
    'node_id',
    'node_name',
    'node_type',
    'machine_id',
    'container_id',
    'container_name',
    'node_model',
    'region',
    'az',
    'service_id',
    'service_name',
    'service_type',
    'environment',
    'cluster',
    'replication_set',
    'external_group',
    'agent_id',
    'agent_type',
    'instance',
    'job',
    'tags',
  ])('may not be %s, which discovery sets itself', (name) => {
    expect(faultsOf(name)).toEqual([
      { path: 'input.labels.0', message: 'This label name is taken: the inventory sets it itself.' },
    ]);
  });
});

describe('the value of a label', () => {
  test.each([
    ['empty', ''],
    ['with spaces and lines', ' a\n b\t'],
    ['in any script', 'データ 🐘'],
    ['of 1,000 characters', 'x'.repeat(1000)],
    ['of 1,000 characters of four bytes', '🐘'.repeat(1000)],
  ])('may be %s', (_, value) => {
    expect(faultsOf('a', value)).toEqual([]);
  });

  test.each([
    ['of 1,001 characters', 'x'.repeat(1001)],
    ['with NUL', 'canary\u0000'],
    ['with half of a surrogate pair', 'canary\ud800'],
  ])('may not be %s', (_, value) => {
    const faults = faultsOf('a', value);
    expect(faults).toEqual([
      { path: 'input.labels.0', message: "A label's value is text of 1000 characters at most." },
    ]);
  });
});

const many = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `l${index}`, value: 'v' }));

test('64 labels may be given', () => {
  expect(labelFaults(many(64), 'labels')).toEqual([]);
});

test('65 labels are one fault, told of all of them', () => {
  expect(labelFaults(many(65), 'labels')).toEqual([{ path: 'labels', message: 'Give 64 labels at most.' }]);
});

test('a label given twice is a fault at its second place, also with the same value', () => {
  const labels = [...many(2), { name: 'l0', value: 'v' }];
  expect(labelFaults(labels, 'labels')).toEqual([{ path: 'labels.2', message: 'Give each label once.' }]);
});

test('names that differ in case are two labels', () => {
  expect(
    labelFaults(
      [
        { name: 'team', value: '' },
        { name: 'Team', value: '' },
      ],
      'labels',
    ),
  ).toEqual([]);
});

test('each faulty label is told with its place', () => {
  const faults = labelFaults([{ name: '1', value: '' }, ...many(1), { name: 'job', value: '' }], 'labels');
  expect(faults.map(({ path }) => path)).toEqual(['labels.0', 'labels.2']);
});

test('labels are stored as one object and shown by name', () => {
  const map = labelMap([
    { name: 'b', value: '1' },
    { name: 'a', value: '2' },
  ]);
  expect(map).toEqual({ a: '2', b: '1' });
  expect(labelsOf(map)).toEqual([
    { name: 'a', value: '2' },
    { name: 'b', value: '1' },
  ]);
});

test('names that JavaScript gives a meaning of its own are labels like others', async () => {
  const server = await startServer();
  try {
    const labels = ['constructor', 'hasOwnProperty', 'toString', 'value'].map((name) => ({ name, value: 'v' }));
    const { nodeId } = await enrol(server.admin, { node: { name: 'db-1', labels } });
    const query = 'query ($id: ID!) { node(by: { id: $id }) { labels { name value } } }';
    expect(dataOf(await server.viewer(query, { id: nodeId })).node.labels).toEqual(labels);
  } finally {
    await server.stop();
  }
});
