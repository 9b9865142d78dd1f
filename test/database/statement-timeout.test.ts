import { DataSource } from 'typeorm';
import { dataSource } from '../../ormconfig';
import { patientDataSource, placeDataSource } from '../../src/database/data-source';
import { isDatabaseUnavailable } from '../../src/database/unavailable';
import { adminOf, openStage } from '../end-to-end/stage';
import { codes } from '../support/client';
import { eventually } from './embedded/data-folders';

const stage = openStage(afterEach);

const LONG = 'SELECT pg_sleep(60)';

async function openedDatabase() {
  const database = await stage.database();
  const limits = { poolSize: 1, statementTimeoutSeconds: 1 };
  const source = placeDataSource(new DataSource(dataSource.options), database.place, limits, console);
  await source.initialize();
  stage.later(() => source.destroy());
  return { database, source };
}

test('a statement that takes longer than database.statement_timeout is given up, and PostgreSQL ends it', async () => {
  const { database, source } = await openedDatabase();
  const error = await source.query(LONG).then(
    () => null,
    (reason: unknown) => reason,
  );
  // Our own words, not yet PostgreSQL's: that ends what is given up a second later.
  expect(error).toMatchObject({ message: 'Query read timeout' });
  expect(isDatabaseUnavailable(error)).toBe(true);
  await eventually(async () => {
    const running = await database.query(`SELECT FROM pg_stat_activity WHERE query = $1 AND state = 'active'`, [LONG]);
    return running.length === 0;
  });
});

test('what may take its time, as migrations, verification and export, has no such limit', async () => {
  const { source } = await openedDatabase();
  const patient = await patientDataSource(source).initialize();
  stage.later(() => patient.destroy());
  expect(await patient.query('SHOW statement_timeout')).toEqual([{ statement_timeout: '0' }]);
  // Longer than the limit, its second of grace included.
  expect(await patient.query('SELECT 1 AS done FROM pg_sleep(2.5)')).toEqual([{ done: 1 }]);
});

test('a server heeds the setting: with one second it answers before another that has three', async () => {
  const database = await stage.database();
  const dataDir = stage.folder();
  const short = await stage.serve(dataDir, { DATABASE_URL: database.url, ROLLCALL_DATABASE_STATEMENT_TIMEOUT: '1s' });
  const usual = await stage.serve(stage.folder(), { DATABASE_URL: database.url });
  const ask = async (server: typeof short) => codes(await adminOf(server, dataDir)('{ nodes { totalCount } }'));
  await Promise.all([ask(short), ask(usual)]);
  const holder = await database.connect();
  await holder.query('BEGIN');
  await holder.query('LOCK TABLE node IN ACCESS EXCLUSIVE MODE');

  const answers: [string, unknown[]][] = [];
  await Promise.all([
    ask(usual).then((told) => answers.push(['usual', told])),
    ask(short).then((told) => answers.push(['short', told])),
  ]);

  expect(answers).toEqual([
    ['short', ['UNAVAILABLE']],
    ['usual', ['UNAVAILABLE']],
  ]);
});
