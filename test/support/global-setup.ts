import { chmodSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DataSource } from 'typeorm';
import { dataSource } from '../../ormconfig';
import { placeDataSource } from '../../src/database/data-source';
import { startEmbeddedPostgres } from '../../src/database/embedded/embedded-postgres';
import { migrate } from '../../src/database/migrate';
import { TEMPLATE, type TestCluster } from './cluster';

/** Starts one PostgreSQL for the whole run, with a migrated database that the tests clone. */
export default async function globalSetup(): Promise<void> {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'rollcall-test-')));
  // PostgreSQL runs as another account when we are root, and must come through.
  chmodSync(folder, 0o711);
  const postgres = await startEmbeddedPostgres({ dataDir: folder, log: { ...console, info: () => undefined } });
  const connection = postgres.connection;
  const maintenance = await new DataSource({
    type: 'postgres',
    ...connection,
    username: connection.user,
  }).initialize();
  await maintenance.query(`CREATE DATABASE ${TEMPLATE}`);
  await maintenance.destroy();
  const template = new DataSource(dataSource.options);
  placeDataSource(
    template,
    { ...connection, database: TEMPLATE },
    { poolSize: 1, statementTimeoutSeconds: 3 },
    console,
  );
  await migrate(template, async () => undefined);
  process.env['ROLLCALL_TEST_CLUSTER'] = JSON.stringify(connection satisfies TestCluster);
  Object.assign(globalThis, { stopTestCluster: () => postgres.stop(), testClusterFolder: folder });
}
