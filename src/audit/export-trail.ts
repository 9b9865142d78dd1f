import type { EntityManager } from 'typeorm';
import { CANONICAL_ROW, type CanonicalRow } from './canonical-row';
import { Parameters } from '../filter/parameters';

/** Which rows: from `since` on, and before `until`. */
export interface ExportRange {
  since: Date | null;
  until: Date | null;
}

/** An audit row with its link: what it takes to verify a copy elsewhere. Hashes in hex. */
export interface ExportedRow extends CanonicalRow {
  seq: number;
  rowHash: string;
  chainHash: string;
}

const BATCH = 500;

/**
 * The rows of the trail in the order of the chain, as far as it came when this began. What is in the chain never changes, so
 * that batches need no common snapshot and hold nothing up.
 */
export async function* chainedRows(
  db: EntityManager,
  range: ExportRange,
  signal: AbortSignal,
): AsyncGenerator<ExportedRow> {
  const ends = new Parameters();
  const inRange = rangeCondition(range, ends);
  const [found] = await db.query<{ first: string | null; last: string | null }[]>(
    `SELECT min(chain.seq) AS first, max(chain.seq) AS last
     FROM audit_chain AS chain JOIN audit_event AS event ON event.id = chain.audit_id WHERE ${inRange}`,
    ends.values,
  );
  const last = Number(found!.last);
  for (let seq = Number(found!.first); seq > 0 && seq <= last;) {
    signal.throwIfAborted();
    const parameters = new Parameters(ends);
    const rows = await db.query<{ row: ExportedRow; seq: string }[]>(
      `SELECT chain.seq, encode(chain.row_hash, 'hex') AS "rowHash", encode(chain.chain_hash, 'hex') AS "chainHash", ${CANONICAL_ROW} AS row
       FROM audit_chain AS chain JOIN audit_event AS event ON event.id = chain.audit_id
       WHERE chain.seq >= ${parameters.add(seq)} AND chain.seq <= ${parameters.add(last)} AND ${inRange}
       ORDER BY chain.seq LIMIT ${BATCH}`,
      parameters.values,
    );
    for (const { row, ...link } of rows) yield { ...link, ...row, seq: Number(link.seq) };
    if (rows.length < BATCH) return;
    seq = Number(rows.at(-1)!.seq) + 1;
  }
}

/** How many rows of the range wait for the chain, and are not exported therefore. */
export async function countWaiting(db: EntityManager, range: ExportRange): Promise<number> {
  const parameters = new Parameters();
  const [{ count }] = await db.query<[{ count: number }]>(
    `SELECT count(*)::int AS count FROM audit_unchained AS waiting JOIN audit_event AS event ON event.id = waiting.audit_id
     WHERE ${rangeCondition(range, parameters)}`,
    parameters.values,
  );
  return count;
}

function rangeCondition({ since, until }: ExportRange, parameters: Parameters): string {
  const conditions = [
    ...(since ? [`event.at >= ${parameters.add(since)}`] : []),
    ...(until ? [`event.at < ${parameters.add(until)}`] : []),
  ];
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
}
