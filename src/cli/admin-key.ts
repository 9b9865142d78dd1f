import type { DataSource } from 'typeorm';
import { resetAdminKey as reset } from '../access/first-admin-key';
import type { Config } from '../config';
import { placeDataSource } from '../database/data-source';
import { migrate } from '../database/migrate';
import { borrowDatabase } from '../database/open';
import { createLog } from '../log';
import { stopSignal } from './stop-signal';

/**
 * `rollcall admin-key reset`: needs the database and nothing else, whether or not the server runs. Ends the key made at first
 * start or by the last reset, writes a new one to its file. Resolves to the exit code.
 */
export async function resetAdminKey(config: Config, dataSource: DataSource): Promise<number> {
  const log = createLog('warn');
  const database = await borrowDatabase(config, log, stopSignal().signal);
  try {
    placeDataSource(dataSource, database.place, 1, log);
    const made = await migrate(dataSource, (db) => reset(db, config.adminKeyFile));
    console.log(`The former administrator key has ended. The new one is in ${made.file}`);
    if (process.stdout.isTTY) console.log(`The key itself: ${made.text}`);
    return 0;
  } finally {
    await database.close();
  }
}
