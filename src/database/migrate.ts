import type { DataSource, EntityManager } from 'typeorm';
import { patientDataSource } from './data-source';

/** Held while the schema changes, so that servers that start together do it one after the other. */
const MIGRATION_LOCK = `SELECT pg_advisory_lock(hashtext('rollcall-migrations'))`;

/**
 * Brings the schema up to date, then does what must happen once under the same lock. TypeORM itself has no lock against
 * two runners.
 */
export async function migrate<T>(dataSource: DataSource, once: (db: EntityManager) => Promise<T>): Promise<T> {
  const patient = await patientDataSource(dataSource).initialize();
  try {
    const holder = patient.createQueryRunner();
    await holder.query(MIGRATION_LOCK);
    await patient.runMigrations();
    return await once(patient.manager);
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
