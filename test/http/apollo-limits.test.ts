import { startServer, type TestServer } from '../support/server';

let server: TestServer;
let small: TestServer;
beforeAll(async () => {
  server = await startServer();
  small = await startServer({ limits: { errors: 3 } });
});
afterAll(async () => {
  await server.stop();
  await small.stop();
});

const times = (count: number, part: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => part(index)).join(' ');

/** A query and variables with so many errors. */
type Faulty = (count: number) => [string, Record<string, unknown>?];

const unknownFields: Faulty = (count) => [`{ ${times(count, (index) => `f${index}`)} }`];
const faultyIds: Faulty = (count) => [
  'query ($ids: [ID!]) { nodes(filter: { ids: $ids }) { totalCount } }',
  { ids: Array.from({ length: count }, () => ({})) },
];
const failures: Faulty = (count) => [`{ ${times(count, (index) => `a${index}: apiKeys { totalCount }`)} }`];

describe('limits.errors', () => {
  test.each<[string, () => TestServer, Faulty, number]>([
    ['50 errors of a document', () => server, unknownFields, 50],
    ['50 errors of variables', () => server, faultyIds, 50],
    ['as many errors of a document as the setting says', () => small, unknownFields, 3],
    ['as many errors of variables as the setting says', () => small, faultyIds, 3],
    ['as many errors of the execution', () => small, failures, 3],
  ])('lets %s be told, and of more that there were more', async (_, which, faulty, bound) => {
    const { viewer } = which();
    const within = await viewer(...faulty(bound));
    expect(within.errors).toHaveLength(bound);
    expect(JSON.parse(within.text)).not.toHaveProperty('extensions');
    const beyond = await viewer(...faulty(bound + 1));
    expect(beyond.errors).toEqual(within.errors);
    expect(JSON.parse(beyond.text)).toHaveProperty('extensions', { limit: 'limits.errors', bound, measure: bound + 1 });
  });

  test.each<[string, Faulty]>([
    ['of a document', unknownFields],
    ['of variables', faultyIds],
  ])('ends the search for errors %s, so that a thousand cost no more than one too many', async (_, faulty) => {
    const answer = await small.viewer(...faulty(1000));
    expect(answer.errors).toHaveLength(3);
    expect(JSON.parse(answer.text)).toMatchObject({ extensions: { measure: 4 } });
  });

  test('is also for the faults of a registration', async () => {
    expect(await faultsOfTags(50)).toHaveLength(50);
    expect(await faultsOfTags(51)).toHaveLength(50);
  });

  test('is also for the lines of the log that tell of a failed operation', async () => {
    await small.anonymous(...failures(20));
    const line = small.log.findLast((text) => text.includes('operation failed'))!;
    expect((JSON.parse(line) as { errors: unknown[] }).errors).toHaveLength(3);
  });
});

async function faultsOfTags(count: number): Promise<unknown[]> {
  const response = await fetch(`${server.url}/api/v1/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: 'rct_x', hostname: 'a', tags: Array.from({ length: count }, () => 1) }),
  });
  return ((await response.json()) as { error: { fields: unknown[] } }).error.fields;
}
