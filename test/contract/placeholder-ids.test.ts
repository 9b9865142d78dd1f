import { codes } from '../support/client';
import { enrol, issueToken } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { createSchema } from '../../src/schema';
import { wholeRoll } from '../enrolment/roll';
import { idOperations } from './minimal-operation';

/** What clients send when something went wrong with an id: names of parameters, values of other languages, patterns. */
const PLACEHOLDERS = [
  '',
  ' ',
  '0',
  0,
  -1,
  ':id',
  ':key',
  '{id}',
  '$1',
  'undefined',
  'null',
  'NaN',
  '[object Object]',
  '*',
  '%',
  '________-____-____-____-____________',
  "' OR '1'='1",
  '\u0000',
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
];

const places = idOperations(createSchema());

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  const { nodeId } = await enrol(server.admin, { postgresql: { version: '17' } });
  await issueToken(server.admin, { replacesNodeId: nodeId });
});
afterAll(() => server.stop());

test('the places where an id may stand are found', () => {
  expect(places.map(({ place }) => place)).toEqual(
    expect.arrayContaining([
      'agent.id',
      'agents.filter.runsOnNodeIds',
      'auditEvents.filter.targetId',
      'issueRegistrationToken.input.replacesNodeId',
      'node.by.id',
      'revokeApiKey.input.id',
    ]),
  );
});

test.each(places)('nothing is found or changed by a placeholder at $place', async ({ place, withId }) => {
  const before = await wholeRoll(server.database);
  for (const id of PLACEHOLDERS) {
    const answer = await server.admin(...withId(id));
    const found = Object.values(answer.data ?? {}).filter((value) => value !== null);
    const refused = codes(answer).filter((code) => code !== 'NOT_FOUND' && code !== 'BAD_USER_INPUT');
    expect({ id, found: found.filter((value) => !isEmptyList(value)), refused }).toEqual({
      id,
      found: [],
      refused: [],
    });
  }
  expect({ place, roll: await wholeRoll(server.database) }).toEqual({ place, roll: before });
});

/** Where an id may be absent, and null says that it is. */
const OPTIONAL = ['auditEvents.filter.targetId', 'issueRegistrationToken.input.replacesNodeId'];

test.each(places.filter(({ place }) => !OPTIONAL.includes(place)))(
  'null at $place, where an id is needed, is refused and changes nothing',
  async ({ withId }) => {
    const before = await wholeRoll(server.database);
    expect(codes(await server.admin(...withId(null)))).toEqual(['BAD_USER_INPUT']);
    expect(await wholeRoll(server.database)).toEqual(before);
  },
);

function isEmptyList(value: unknown): boolean {
  return (value as { totalCount?: number }).totalCount === 0;
}
