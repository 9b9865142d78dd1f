import type { DataSource, EntityManager } from 'typeorm';
import { StartFailure } from '../start-failure';
import { lacksRight } from './constraint';
import { patientDataSource } from './data-source';

/** Held while the schema changes, so that servers that start together do it one after the other. */
const MIGRATION_LOCK = `SELECT pg_advisory_lock(hashtext('rollcall-migrations'))`;

/**
 * Brings the schema up to date, then does what must happen once under the same lock. TypeORM itself has no lock against
 * two runners. Throws StartFailure when the role may not make tables.
 */
export function migrate<T>(dataSource: DataSource, once: (db: EntityManager) => Promise<T>): Promise<T> {
  return underLock(dataSource, async (patient) => {
    await patient.runMigrations().catch((error: unknown) => {
      throw lacksRight(error) ? missingRight(error) : error;
    });
    return once(patient.manager);
  });
}

/**
 * Does something under the same lock, for a command that may be newer than the server that runs: the schema is left as it is.
 * Throws StartFailure when it is not up to date.
 */
export function whenMigrated<T>(dataSource: DataSource, work: (db: EntityManager) => Promise<T>): Promise<T> {
  return underLock(dataSource, async (patient) => {
    await requireMigrated(patient);
    return work(patient.manager);
  });
}

/** The same without the lock, for a command that only reads and may take long: servers start meanwhile. */
export async function whileMigrated<T>(dataSource: DataSource, work: (db: EntityManager) => Promise<T>): Promise<T> {
  const patient = await patientDataSource(dataSource).initialize();
  try {
    await requireMigrated(patient);
    return await work(patient.manager);
  } finally {
    await patient.destroy();
  }
}

async function requireMigrated(patient: DataSource): Promise<void> {
  const [table] = await patient.query<{ exists: boolean }[]>(`SELECT to_regclass('migrations') IS NOT NULL AS exists`);
  if (table!.exists && (await isMigrated(patient))) return;
  throw new StartFailure(
    'The database is not of this version of Rollcall: run this command with the version of the server, or start the server of this version once.',
  );
}

async function underLock<T>(dataSource: DataSource, work: (patient: DataSource) => Promise<T>): Promise<T> {
  const patient = await patientDataSource(dataSource).initialize();
  try {
    const holder = patient.createQueryRunner();
    await holder.query(MIGRATION_LOCK);
    return await work(patient);
  } finally {
    // Ends the connections, and the lock with the one that holds it.
    await patient.destroy();
  }
}

/** Whether every migration of this server has run. Throws when the database cannot be asked. */
export async function isMigrated(dataSource: DataSource): Promise<boolean> {
  const rows = await dataSource.query<{ name: string }[]>('SELECT name FROM migrations');
  const done = new Set(rows.map(({ name }) => name));
  return dataSource.migrations.every(({ name }) => name !== undefined && done.has(name));
}

function missingRight(error: unknown): StartFailure {
  return new StartFailure(
    `The role of DATABASE_URL may not make the tables of Rollcall (${(error as Error).message}): ` +
      'grant CREATE on the schema to it (GRANT USAGE, CREATE ON SCHEMA public TO …), or set DATABASE_URL to the role that owns the database.',
    { cause: error },
  );
}
