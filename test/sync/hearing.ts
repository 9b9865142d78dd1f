import type { TestDatabase } from '../support/database';

/** The row of hearing, in seconds ago. */
export interface Heard {
  until: number;
  deaf?: number;
  since?: number;
}

/** Writes the row of hearing, all of it counted back from one instant. */
export async function setHearing(database: TestDatabase, { until, deaf, since }: Heard): Promise<void> {
  await database.query(
    `UPDATE hearing SET heard_until = now() - make_interval(secs => $1), deaf_since = now() - make_interval(secs => $2),
       heard_since = now() - make_interval(secs => $3)`,
    [until, deaf ?? null, since ?? null],
  );
}

export interface HearingRow {
  heard_until: Date;
  deaf_since: Date | null;
  heard_since: Date | null;
  /** The database's clock when it was read. */
  now: Date;
}

export async function readHearing(database: TestDatabase): Promise<HearingRow> {
  const [row] = await database.query<HearingRow>('SELECT *, clock_timestamp() AS now FROM hearing');
  return row!;
}
