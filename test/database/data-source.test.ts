import { ApiKey } from '../../src/access/api-key';
import { Role } from '../../src/access/role';
import { createDatabase, type TestDatabase } from '../support/database';
import { issueKey } from '../support/server';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await issueKey(database.dataSource, Role.ADMIN);
});
afterAll(() => database.drop());

/** A condition without its value, as a type assertion or a careless input makes it. */
const LOST = [undefined, null] as never[];

describe.each(LOST)('a condition whose value is %s never counts as none, so that it could match every row:', (lost) => {
  test.each<[string, () => Promise<unknown>]>([
    ['findOneBy', () => database.dataSource.manager.findOneBy(ApiKey, { id: lost })],
    ['findOne', () => database.dataSource.manager.findOne(ApiKey, { where: { id: lost, role: Role.ADMIN } })],
    ['find', () => database.dataSource.manager.find(ApiKey, { where: { publicId: lost } })],
    ['existsBy', () => database.dataSource.manager.existsBy(ApiKey, { rotatedFromId: lost })],
    ['update', () => database.dataSource.manager.update(ApiKey, { id: lost }, { name: 'changed' })],
    ['update by the id alone', () => database.dataSource.manager.update(ApiKey, lost, { name: 'changed' })],
    ['delete', () => database.dataSource.manager.delete(ApiKey, { id: lost })],
    ['delete by the id alone', () => database.dataSource.manager.delete(ApiKey, lost)],
  ])('%s throws', async (_, act) => {
    await expect(act()).rejects.toThrow(/^(?:Undefined value|Null value|Empty criteria)/);
    expect(await database.query('SELECT name FROM api_key')).toEqual([{ name: 'admin of the test' }]);
  });
});
