import type { EntityManager } from 'typeorm';
import { isPendingSql } from '../client-registry/registration-request';
import { askedAtMostEvery } from '../fresh';

/** What waits in the database for somebody. */
export interface Waiting {
  auditRows: number;
  /** Of the oldest of them; 0 when none waits. */
  auditLagSeconds: number;
  pendingRequests: number;
}

const FRESH_MS = 5000;

/** A stopped chain must not make scrapes slow: what waits is counted to here, and its ids begin with the time. */
const MOST_COUNTED = 10_000;

const WAITING = `
  SELECT (SELECT count(*)::int FROM (SELECT FROM audit_unchained LIMIT ${MOST_COUNTED}) AS waiting) AS "auditRows",
    coalesce((SELECT greatest(extract(epoch FROM clock_timestamp() - event.at), 0)::float8 FROM audit_event AS event
              WHERE event.id = (SELECT audit_id FROM audit_unchained ORDER BY audit_id LIMIT 1)), 0) AS "auditLagSeconds",
    (SELECT count(*)::int FROM registration_request AS request WHERE ${isPendingSql('request')}) AS "pendingRequests"`;

/** Looks when the last look is 5 s old: however many scrape, it is one small statement. */
export function waitingNow(): (db: EntityManager) => Promise<Waiting> {
  return askedAtMostEvery(FRESH_MS, async (db: EntityManager) => (await db.query<[Waiting]>(WAITING))[0]);
}
