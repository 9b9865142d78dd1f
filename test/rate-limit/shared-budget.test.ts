import { createSharedBudget } from '../../src/rate-limit/shared-budget';
import { createDatabase, type TestDatabase } from '../support/database';
import { statementsOf } from '../support/reader';

let database: TestDatabase;
beforeAll(async () => (database = await createDatabase()));
beforeEach(() => database.query('TRUNCATE failed_enrolment'));
afterAll(() => database.drop());

const budgetOf = (perMinute: number) => createSharedBudget(database.dataSource.manager, perMinute);

/** Lets time pass, by moving what is stored. */
const pass = (seconds: number) =>
  database.query(`UPDATE failed_enrolment SET spent_until = spent_until - $1 * interval '1 second'`, [seconds]);

async function taken(budget: ReturnType<typeof budgetOf>, attempts: number, address = '192.0.2.1'): Promise<number> {
  let count = 0;
  for (let attempt = 0; attempt < attempts; attempt++) if ((await budget.take(address)) === 0) count++;
  return count;
}

test.each([1, 7, 60])(
  'a budget of %i a minute is taken whole, and the one beyond is told when to come',
  async (perMinute) => {
    const budget = budgetOf(perMinute);
    // As fast as they come one after the other, less than one comes back meanwhile.
    expect(await taken(budget, perMinute)).toBe(perMinute);
    const wait = await budget.take('192.0.2.1');
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60_000 / perMinute);
    await pass(60 / perMinute);
    expect(await taken(budget, 2)).toBe(1);
  },
);

test('servers share it, however many ask at once: no more are taken than there are', async () => {
  const [one, another] = [budgetOf(10), budgetOf(10)];
  const waits = await Promise.all(
    Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? one : another).take('192.0.2.1')),
  );
  expect(waits.filter((wait) => wait === 0)).toHaveLength(10);
  for (const wait of waits.filter((each) => each > 0)) expect(wait).toBeLessThanOrEqual(6_000);
});

test('addresses have budgets of their own', async () => {
  const budget = budgetOf(2);
  expect(await taken(budget, 3, '192.0.2.1')).toBe(2);
  expect(await taken(budget, 3, '2001:db8::/64')).toBe(2);
});

test('after a long time it is whole, and not more than whole', async () => {
  const budget = budgetOf(5);
  expect(await taken(budget, 6)).toBe(5);
  await pass(3600);
  expect(await taken(budget, 6)).toBe(5);
});

test('an attempt is one statement', async () => {
  const budget = budgetOf(1);
  for (let attempt = 0; attempt < 2; attempt++)
    expect(await statementsOf(database, () => budget.take('192.0.2.1'))).toHaveLength(1);
});

test('rows that are over go as others come, a bounded number at a time', async () => {
  const budget = budgetOf(60);
  await database.query(`INSERT INTO failed_enrolment (address, spent_until)
    SELECT 'old ' || n, clock_timestamp() - interval '1 second' FROM generate_series(1, 1000) AS n`);
  const olds = async () => {
    const [row] = await database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM failed_enrolment WHERE address LIKE 'old %'`,
    );
    return row!.count;
  };
  const left = [];
  for (let address = 0; address < 640; address++) {
    await budget.take(`new ${address}`);
    if (address % 64 === 63) left.push(await olds());
  }
  expect(left.slice(0, 2)).toEqual([872, 744]);
  expect(left.at(-1)).toBe(0);
});

test('rows that are not over stay', async () => {
  await budgetOf(1).take('192.0.2.1');
  const budget = budgetOf(60);
  for (let attempt = 0; attempt < 64; attempt++) await budget.take('192.0.2.2');
  expect(await budgetOf(1).take('192.0.2.1')).toBeGreaterThan(0);
});

test('a row that somebody holds keeps nobody from tidying up', async () => {
  const budget = budgetOf(60);
  await database.query(`INSERT INTO failed_enrolment VALUES ('held', clock_timestamp() - interval '1 day')`);
  const holder = await database.connect();
  await holder.query(`BEGIN; SELECT FROM failed_enrolment WHERE address = 'held' FOR UPDATE`);
  for (let attempt = 0; attempt < 64; attempt++) await budget.take('192.0.2.1');
  await holder.query('ROLLBACK');
  expect(await database.query(`SELECT FROM failed_enrolment WHERE address = 'held'`)).toHaveLength(1);
});

test('tidying up finds what is over by an index, however much holds', async () => {
  await database.query(`INSERT INTO failed_enrolment
    SELECT 'a ' || n, clock_timestamp() + n * interval '1 ms' FROM generate_series(1, 20000) AS n`);
  await database.query('ANALYZE failed_enrolment');
  const plan = await database.query<Record<string, string>>(
    'EXPLAIN SELECT address FROM failed_enrolment WHERE spent_until < clock_timestamp() ORDER BY spent_until LIMIT 128',
  );
  expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toContain('failed_enrolment_spent_until_idx');
});
