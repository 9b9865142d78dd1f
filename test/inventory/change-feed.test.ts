import type { EntityManager } from 'typeorm';
import { changeInventory } from '../../src/inventory/change-inventory';
import {
  ChangeKind,
  createChangeFeed,
  InventoryObject,
  type InventoryChange,
} from '../../src/inventory/inventory-change';
import { createDatabase, type TestDatabase } from '../support/database';

let database: TestDatabase;
beforeAll(async () => (database = await createDatabase()));
afterAll(() => database.drop());

const CHANGE = { kind: ChangeKind.ADDED, object: InventoryObject.NODE, id: 'id' };
const write = (tx: EntityManager) => tx.query('CREATE TABLE written (id integer)');
const isWritten = async () =>
  (await database.query<{ is: boolean }>(`SELECT to_regclass('written') IS NOT NULL AS is`))[0]!.is;

/** What was told, and whether the change could be seen by others when it was. */
async function told(
  work: (db: EntityManager, changed: (change: InventoryChange) => void) => Promise<void>,
  dryRun = false,
) {
  const heard: { changes: readonly InventoryChange[]; written: Promise<boolean> }[] = [];
  const changeFeed = createChangeFeed();
  const end = changeFeed.subscribe((changes) => void heard.push({ changes, written: isWritten() }));
  const { manager } = database.dataSource;
  await changeInventory({ loaders: new Map(), db: manager, changeFeed }, ({ tx, changed }) => work(tx, changed), {
    dryRun,
  }).catch(() => undefined);
  end();
  return Promise.all(heard.map(async ({ changes, written }) => ({ changes, written: await written })));
}

test('a change is told after its commit, once', async () => {
  expect(
    await told(async (tx, changed) => {
      await write(tx);
      changed(CHANGE);
    }),
  ).toEqual([{ changes: [CHANGE], written: true }]);
  await database.query('DROP TABLE written');
});

test.each([
  ['that fails', false],
  ['of a dry run', true],
])('a change %s is not told, and is not there', async (_, dryRun) => {
  const work = async (tx: EntityManager, changed: (change: InventoryChange) => void) => {
    await write(tx);
    changed(CHANGE);
    if (!dryRun) throw new Error('too late');
  };
  expect(await told(work, dryRun)).toEqual([]);
  expect(await isWritten()).toBe(false);
});
