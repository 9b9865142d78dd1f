import type { EntityManager } from 'typeorm';
import { CANONICAL_ROW, chainHash, NO_HASH, rowHash, type CanonicalRow } from './canonical-row';

/** The last link of the chain: its number and its hash. With a copy of it elsewhere, a cut or rewritten chain is found out. */
export interface ChainHead {
  seq: number;
  hash: Buffer;
}

/** What an empty chain ends with. */
export const NO_HEAD: ChainHead = { seq: 0, hash: NO_HASH };

const BATCH = 500;

/** The key of the advisory lock of the one who appends, in whatever server. */
export const CHAIN_LOCK = `hashtext('rollcall-audit-chain')`;

/**
 * Appends every committed audit row that waits, in batches. Gives the head that it came to; null when nothing waited or another
 * server is appending. What is committed meanwhile is left for the next look: on a busy server there is always something, and a
 * transaction for each handful of rows would cost the requests a tenth of the machine.
 */
export async function appendWaiting(db: EntityManager): Promise<ChainHead | null> {
  const [found] = await db.query<{ waits: boolean }[]>('SELECT EXISTS (SELECT FROM audit_unchained) AS waits');
  let head: ChainHead | null = null;
  for (let more = found!.waits; more;) {
    const appended = await db.transaction(appendBatch);
    head = appended?.head ?? head;
    more = appended?.full ?? false;
  }
  return head;
}

export async function chainHead(db: EntityManager): Promise<ChainHead> {
  const [last] = await db.query<{ seq: string; chain_hash: Buffer }[]>(
    'SELECT seq, chain_hash FROM audit_chain ORDER BY seq DESC LIMIT 1',
  );
  return last ? { seq: Number(last.seq), hash: last.chain_hash } : NO_HEAD;
}

async function appendBatch(tx: EntityManager): Promise<{ head: ChainHead; full: boolean } | null> {
  const [lock] = await tx.query<{ mine: boolean }[]>(`SELECT pg_try_advisory_xact_lock(${CHAIN_LOCK}) AS mine`);
  if (!lock!.mine) return null;
  // Statements of their own after the lock: each sees what its former holder has committed.
  const waiting = await tx.query<{ row: CanonicalRow }[]>(
    // Chosen before they are joined, by ids that begin with the time: a batch costs the same however many wait or were ever written.
    // One that is in the chain already was put there by a forger: left for verification to find, it must not keep the others out.
    `SELECT ${CANONICAL_ROW} AS row FROM (
       SELECT audit_id FROM audit_unchained AS waiting
       WHERE NOT EXISTS (SELECT FROM audit_chain AS link WHERE link.audit_id = waiting.audit_id)
       ORDER BY audit_id LIMIT ${BATCH}
     ) AS waiting
     JOIN audit_event AS event ON event.id = waiting.audit_id ORDER BY event.at, event.id`,
  );
  if (waiting.length === 0) return null;
  let head = await chainHead(tx);
  const links = waiting.map(({ row }) => {
    const hashOfRow = rowHash(row);
    const seq = head.seq + 1;
    head = { seq, hash: chainHash(head.hash, seq, hashOfRow) };
    return { id: row.id, seq, hashOfRow, hash: head.hash };
  });
  await tx.query(
    `INSERT INTO audit_chain (seq, audit_id, row_hash, chain_hash)
     SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::bytea[])`,
    [
      links.map(({ seq }) => seq),
      links.map(({ id }) => id),
      links.map(({ hashOfRow }) => hashOfRow),
      links.map(({ hash }) => hash),
    ],
  );
  await tx.query('DELETE FROM audit_unchained WHERE audit_id = ANY ($1::uuid[])', [links.map(({ id }) => id)]);
  return { head, full: links.length === BATCH };
}
