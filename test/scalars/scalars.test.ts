import type { GraphQLScalarType } from 'graphql';
import { Kind } from 'graphql';
import { DateTime } from '../../src/scalars/date-time';
import { Duration } from '../../src/scalars/duration';
import { UUID } from '../../src/scalars/uuid';
import { codes, dataOf } from '../support/client';
import { startServer, type TestServer } from '../support/server';

/** Both ways in: a variable and a literal. */
function inputs(scalar: GraphQLScalarType, value: string): unknown[] {
  return [scalar.parseValue(value), scalar.parseLiteral({ kind: Kind.STRING, value })];
}

describe('an instant', () => {
  test.each([
    ['2026-11-20T08:30:00Z', '2026-11-20T08:30:00.000Z'],
    ['2026-11-20T08:30:00.123Z', '2026-11-20T08:30:00.123Z'],
    ['2026-11-20T08:30:00.123456789Z', '2026-11-20T08:30:00.123Z'],
    ['2026-11-20T08:30:00.5+02:00', '2026-11-20T06:30:00.500Z'],
    ['2026-12-31T23:30:00-01:30', '2027-01-01T01:00:00.000Z'],
    ['2026-11-20t08:30:00z', '2026-11-20T08:30:00.000Z'],
    ['2028-02-29T00:00:00+05:45', '2028-02-28T18:15:00.000Z'],
    ['1969-12-31T23:59:59.999Z', '1969-12-31T23:59:59.999Z'],
  ])('%s is %s', (text, shown) => {
    for (const time of inputs(DateTime, text)) expect(DateTime.serialize(time)).toBe(shown);
  });

  test.each([
    '2026-02-30T00:00:00Z',
    '2026-02-30T00:00:00+02:00',
    '2027-02-29T00:00:00Z',
    '2026-04-31T12:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T25:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01T00:00:00+24:00',
    '2026-01-01T00:00:00+00:60',
    '2026-01-01T00:00:00',
    '2026-01-01T00:00:00.Z',
    '2026-01-01T00:00Z',
    '2026-01-01 00:00:00Z',
    '2026-01-01',
    ' 2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00Z\n',
    '+002026-01-01T00:00:00Z',
    '1767225600',
    'now',
    '',
  ])('is not %j', (text) => {
    expect(() => DateTime.parseValue(text)).toThrow('Give an instant such as 2026-11-20T08:30:00Z.');
    expect(() => DateTime.parseLiteral({ kind: Kind.STRING, value: text })).toThrow('Give an instant');
  });

  test.each([0, 1_767_225_600_000, true, {}, [], new Date(), null])('is not %j, which is no text', (value) => {
    expect(() => DateTime.parseValue(value)).toThrow('Give an instant');
  });
});

describe('a duration', () => {
  test.each([
    ['90s', 90],
    ['15m', 900],
    ['12h', 43_200],
    ['30d', 2_592_000],
  ])('%s is %d seconds', (text, seconds) => {
    expect(inputs(Duration, text)).toEqual([seconds, seconds]);
  });

  test.each(['', '90', '1.5h', '-1s', '1w', '1h30m', 'canary'])('is not %j', (text) => {
    expect(() => Duration.parseValue(text)).toThrow('Give a whole number and a unit');
    expect(() => Duration.parseLiteral({ kind: Kind.STRING, value: text })).toThrow('Give a whole number and a unit');
  });

  test.each([90, 90.5, true, {}, ['90s'], null])('is not %j, which is no text', (value) => {
    expect(() => Duration.parseValue(value)).toThrow('Give a whole number and a unit');
  });

  test('is shown in the largest unit that tells it exactly', () => {
    expect([90, 900, 43_200, 2_592_000].map((seconds) => Duration.serialize(seconds))).toEqual([
      '90s',
      '15m',
      '12h',
      '30d',
    ]);
  });

  test('is not a number in the text of a query', () => {
    expect(() => Duration.parseLiteral({ kind: Kind.INT, value: '90' })).toThrow('Give a whole number and a unit');
  });
});

describe('a UUID', () => {
  const text = '01890a5d-ac96-774b-bcce-b302099a8057';

  test('is taken in either case and kept in lower case', () => {
    for (const given of [text, text.toUpperCase()]) expect(inputs(UUID, given)).toEqual([text, text]);
  });

  test.each([
    '',
    'x',
    text.slice(1),
    `${text}0`,
    `{${text}}`,
    `urn:uuid:${text}`,
    text.replaceAll('-', ''),
    text.replace('0', 'g'),
    `${text}\n`,
    text.replace('0', '٣'),
  ])('is not %j', (given) => {
    expect(() => UUID.parseValue(given)).toThrow('Give a UUID of 36 characters.');
    expect(() => UUID.parseLiteral({ kind: Kind.STRING, value: given })).toThrow('Give a UUID of 36 characters.');
  });

  test.each([7, true, [text], null])('is not %j, which is no text', (given) => {
    expect(() => UUID.parseValue(given)).toThrow('Give a UUID of 36 characters.');
  });
});

describe('through the API', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  const SILENT = 'query ($at: DateTime) { nodes(filter: { silentSince: $at }) { totalCount } }';
  const ISSUE =
    'mutation ($ttl: Duration) { issueRegistrationToken(input: { ttl: $ttl }) { token { createdAt expiresAt } } }';
  const SYNC = 'mutation ($bootId: UUID!) { syncAgent(input: { bootId: $bootId }) { generation } }';

  test.each([
    ['an instant', SILENT, { at: 'canary' }, 'at'],
    ['an instant that there is not', SILENT, { at: '2026-02-30T00:00:00Z' }, 'at'],
    ['a duration', ISSUE, { ttl: 'canary' }, 'ttl'],
    ['a UUID', SYNC, { bootId: 'canary' }, 'bootId'],
  ])('what should be %s is BAD_USER_INPUT in a variable, and not repeated', async (_, query, variables, path) => {
    const answer = await server.admin(query, variables);
    expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.errors[0]!.extensions['fields']).toEqual([{ path, message: expect.stringMatching(/./) }]);
    expect(answer.text).not.toMatch(/canary|02-30/);
  });

  test.each([
    ['an instant', '{ nodes(filter: { silentSince: "canary" }) { totalCount } }'],
    ['a duration', 'mutation { issueRegistrationToken(input: { ttl: "canary" }) { secret } }'],
    ['a UUID', 'mutation { syncAgent(input: { bootId: "canary" }) { generation } }'],
  ])('what should be %s is GRAPHQL_VALIDATION_FAILED in the text of a query, and not repeated', async (_, query) => {
    const answer = await server.admin(query);
    expect(codes(answer)).toEqual(['GRAPHQL_VALIDATION_FAILED']);
    expect(answer.text).not.toContain('canary');
  });

  test('a duration is as long as it says', async () => {
    const { token } = dataOf(await server.admin(ISSUE, { ttl: '12h' })).issueRegistrationToken;
    expect(Date.parse(token.expiresAt) - Date.parse(token.createdAt)).toBe(43_200_000);
  });
});
