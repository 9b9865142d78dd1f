import type { EntityManager } from 'typeorm';
import { transact } from '../../src/database/transaction';
import { createDatabase, type TestDatabase } from '../support/database';
import { makeNode } from '../support/inventory';

let database: TestDatabase;
beforeAll(async () => (database = await createDatabase()));
afterAll(() => database.drop());

const lock = (tx: EntityManager, id: string) => tx.query('SELECT FROM node WHERE id = $1 FOR UPDATE', [id]);

test('two that wait for each other both come through: the one that PostgreSQL ends is tried again', async () => {
  const [one, other] = [await makeNode(database), await makeNode(database)];
  const arrive: (() => void)[] = [];
  const arrived = Promise.all([one, other].map(() => new Promise<void>((resolve) => arrive.push(resolve))));
  let attempts = 0;
  const lockBoth = (mine: number, [first, second]: [string, string]) =>
    transact(database.dataSource.manager, async (tx) => {
      attempts += 1;
      await lock(tx, first);
      arrive[mine]!();
      await arrived;
      await lock(tx, second);
      return second;
    });
  await expect(Promise.all([lockBoth(0, [one, other]), lockBoth(1, [other, one])])).resolves.toEqual([other, one]);
  expect(attempts).toBe(3);
});

test('what fails otherwise fails at once, and has changed nothing', async () => {
  let attempts = 0;
  const failing = transact(database.dataSource.manager, async (tx) => {
    attempts += 1;
    await tx.query('DELETE FROM node');
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(attempts).toBe(1);
  expect(await database.query('SELECT FROM node')).not.toEqual([]);
});
