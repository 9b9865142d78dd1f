import { adminKey, openStage } from './stage';

jest.setTimeout(60_000);

const stage = openStage(afterEach);

it('"rollcall admin-key reset" does not touch a database that the migrations of its version have not run on', async () => {
  const dataDir = stage.folder();
  const database = await stage.database();
  await database.query('DELETE FROM migrations');

  const { code, output, errors } = await stage.run(['admin-key', 'reset'], {
    ROLLCALL_DATA_DIR: dataDir,
    DATABASE_URL: database.url,
  });

  expect({ code, output }).toEqual({ code: 1, output: '' });
  expect(errors).toMatch(/^rollcall: The database is not of this version of Rollcall: [^\n]+\n$/);
  expect(await database.query('SELECT FROM migrations')).toEqual([]);
  expect(() => adminKey(dataDir)).toThrow('ENOENT');
});

it('"rollcall admin-key reset" that is stopped while it waits for the database says what has become of the key', async () => {
  const environment = { ROLLCALL_DATA_DIR: stage.folder(), DATABASE_URL: 'postgres://u@127.0.0.1:1/d' };
  const reset = stage.start(['admin-key', 'reset'], environment);
  await reset.says(/the database does not answer/);
  await expect(reset.kill('SIGINT')).resolves.toBe(1);
  expect(reset.errors()).toBe('rollcall: Stopped; the administrator key is the former one.\n');
});
