import type { DataSource } from 'typeorm';
import { resetAdminKey as reset } from '../access/first-admin-key';
import type { Config } from '../config';
import { placeDataSource } from '../database/data-source';
import { whenMigrated } from '../database/migrate';
import { borrowDatabase } from '../database/open';
import { ExitCode } from '../exit-code';
import { createLog } from '../log';
import { stopSignal, unlessStopped } from './stop-signal';

/**
 * `rollcall admin-key reset`: needs the database and nothing else, whether or not the server runs. Ends the key made at first
 * start or by the last reset, writes a new one to its file. Resolves to the exit code.
 */
export async function resetAdminKey(config: Config, dataSource: DataSource): Promise<ExitCode> {
  const log = createLog('warn');
  const { signal } = stopSignal();
  const database = await borrowDatabase(config, log, signal).catch(unlessStopped(signal));
  if (database === null) {
    console.error('rollcall: Stopped; the administrator key is the former one.');
    return ExitCode.FAILURE;
  }
  try {
    placeDataSource(dataSource, database.place, { ...config.database, poolSize: 1 }, log);
    const made = await whenMigrated(dataSource, (db) => reset(db, config.adminKeyFile));
    console.log(`The former administrator key has ended. The new one is in ${made.file}`);
    if (process.stdout.isTTY) console.log(`The key itself: ${made.text}`);
    return ExitCode.OK;
  } finally {
    await database.close();
  }
}
