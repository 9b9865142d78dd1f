import { tokenInvalid } from '../../src/enrolment/token-refusal';
import { createLimits, type LimitedCall } from '../../src/rate-limit/limits';
import { createDatabase, type TestDatabase } from '../support/database';
import { statementsOf } from '../support/reader';
import { startServer, testConfig } from '../support/server';
import { callerFrom } from './callers';

let database: TestDatabase;
beforeAll(async () => (database = await createDatabase()));
afterAll(() => database.drop());

const nothing = () => undefined;

function callFrom(remoteAddress: string): LimitedCall {
  return { remoteAddress, refusals: { note: nothing, flush: async () => undefined } };
}

/** The limits of one server. */
function replica(failuresPerMinute: number) {
  const limits = createLimits(database.dataSource.manager, { ...testConfig().limits, failuresPerMinute });
  return {
    enrol: async (address: string) => (await limits.failedEnrolment(callFrom(address), tokenInvalid())).code,
    useKey: async (address: string) => (await limits.failedKey(callFrom(address), tokenInvalid())).code,
  };
}

test('what failed on one server counts on the other, which asks once and then knows for as long as it was told', async () => {
  const [one, other] = [replica(60), replica(60)];
  for (let attempt = 0; attempt < 60; attempt++) expect(await one.enrol('192.0.2.1')).toBe('TOKEN_INVALID');
  const asked = await statementsOf(database, async (statements) => {
    expect(await other.enrol('192.0.2.1')).toBe('RATE_LIMITED');
    expect(statements).toHaveLength(1);
  });
  expect(asked).toHaveLength(1);
  // The answer came a second late, in which one attempt has come back: not of what was told for longer.
  await database.query(`UPDATE failed_enrolment SET spent_until = spent_until + interval '1 hour'`);
  expect(await other.enrol('192.0.2.1')).toBe('RATE_LIMITED');
  const further = await statementsOf(database, async () => {
    expect(await other.enrol('192.0.2.1')).toBe('RATE_LIMITED');
    expect(await other.useKey('192.0.2.1')).toBe('RATE_LIMITED');
  });
  expect(further).toEqual([]);
  expect(await other.enrol('192.0.2.2')).toBe('TOKEN_INVALID');
});

test('a server whose own budget is spent asks nobody, however many come at once', async () => {
  const one = replica(10);
  const statements = await statementsOf(database, async () => {
    const told = await Promise.all(Array.from({ length: 50 }, () => one.enrol('192.0.2.3')));
    expect(told.filter((code) => code === 'TOKEN_INVALID')).toHaveLength(10);
  });
  expect(statements).toHaveLength(10);
});

test('failures of keys are counted without a statement, in the same budget of the server', async () => {
  const one = replica(2);
  const statements = await statementsOf(database, async () => {
    for (let attempt = 0; attempt < 2; attempt++) expect(await one.useKey('192.0.2.4')).toBe('TOKEN_INVALID');
    expect(await one.useKey('192.0.2.4')).toBe('RATE_LIMITED');
    expect(await one.enrol('192.0.2.4')).toBe('RATE_LIMITED');
  });
  expect(statements).toEqual([]);
});

test('when the database cannot count a failure, that is what is told', async () => {
  const server = await startServer();
  try {
    const holder = await server.database.connect();
    await holder.query('BEGIN; LOCK TABLE failed_enrolment');
    const { status, code } = await callerFrom(server.url, '').registerPlainly('no token');
    expect([status, code]).toEqual([503, 'UNAVAILABLE']);
    const invalid = await callerFrom(server.url, '').graphql('mutation { registerAgent(input: {}) { agentId } }');
    expect([invalid.status, invalid.code]).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
    await holder.query('ROLLBACK');
  } finally {
    await server.stop();
  }
});
