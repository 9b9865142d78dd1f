import type { EntityManager } from 'typeorm';
import { CANONICAL_ROW, chainHash, rowHash, type CanonicalRow } from './canonical-row';
import { NO_HEAD, type ChainHead } from './chain';

/** The trail is not what was written: says which row is the first to show it. */
export class BrokenChain extends Error {}

/** What a good chain ends with, and what waits to be appended to it. */
export interface VerifiedChain {
  head: ChainHead;
  waiting: WaitingRows | null;
}

/** Rows that wait for the chain: how many, and since when the oldest does. */
export interface WaitingRows {
  count: number;
  since: Date;
}

interface Link {
  seq: string;
  row_hash: Buffer;
  chain_hash: Buffer;
  audit_id: string;
  /** Null when the event is not there. */
  row: CanonicalRow | null;
}

const BATCH = 1000;

/**
 * Reads the whole chain, in batches, and calculates it anew. Throws BrokenChain at the first row that was changed, removed or
 * inserted. With an anchor, a former head that was kept elsewhere, also where the end was cut off or the chain rewritten.
 */
export async function verifyChain(
  db: EntityManager,
  anchor: ChainHead | null,
  signal: AbortSignal,
): Promise<VerifiedChain> {
  await nothingBefore(db);
  let head = NO_HEAD;
  holdsAnchor(head, anchor);
  for (;;) {
    signal.throwIfAborted();
    const links = await readLinks(db, head);
    if (links.length === 0) break;
    for (const link of links) {
      head = next(head, link);
      holdsAnchor(head, anchor);
    }
  }
  if (anchor && head.seq < anchor.seq)
    throw new BrokenChain(
      `The chain ends at seq ${head.seq}, before the anchor: the rows from seq ${head.seq + 1} to ${anchor.seq} were removed.`,
    );
  await nothingOutside(db);
  await nothingTwice(db);
  return { head, waiting: await waitingRows(db) };
}

/**
 * Those of the next numbers, or the first after a gap. By number, not by how many: of two with one number, which no index may
 * keep apart any more, none is passed over between two batches.
 */
function readLinks(db: EntityManager, head: ChainHead): Promise<Link[]> {
  return db.query<Link[]>(
    `SELECT chain.seq, chain.row_hash, chain.chain_hash, chain.audit_id,
            CASE WHEN event.id IS NOT NULL THEN ${CANONICAL_ROW} END AS row
     FROM audit_chain AS chain LEFT JOIN audit_event AS event ON event.id = chain.audit_id
     WHERE chain.seq > $1::bigint
       AND chain.seq <= greatest($1 + ${BATCH}, (SELECT min(seq) FROM audit_chain WHERE seq > $1))
     ORDER BY chain.seq LIMIT ${2 * BATCH}`,
    [head.seq],
  );
}

async function nothingBefore(db: EntityManager): Promise<void> {
  const [link] = await db.query<{ seq: string }[]>('SELECT seq FROM audit_chain WHERE seq < 1 LIMIT 1');
  if (link) throw new BrokenChain(`The row of seq ${link.seq} was inserted: the chain begins with seq 1.`);
}

/** The head after this link. */
function next(head: ChainHead, link: Link): ChainHead {
  const seq = head.seq + 1;
  const found = Number(link.seq);
  if (found > seq) throw new BrokenChain(`The row of seq ${seq} was removed: the chain goes on with seq ${found}.`);
  if (found < seq) throw new BrokenChain(`A row was inserted: the chain has two of seq ${found}.`);
  if (!link.row) throw new BrokenChain(`The row of seq ${seq} was removed: there is no audit event ${link.audit_id}.`);
  const hash = chainHash(head.hash, seq, link.row_hash);
  if (!hash.equals(link.chain_hash))
    throw new BrokenChain(
      `The row of seq ${seq} does not follow from the one before: a row was changed, inserted, moved or removed here. Now it is ${named(link.row)}.`,
    );
  if (!rowHash(link.row).equals(link.row_hash))
    throw new BrokenChain(
      `The row of seq ${seq} was changed, or another was put in its place. Now it is ${named(link.row)}.`,
    );
  return { seq, hash };
}

function holdsAnchor(head: ChainHead, anchor: ChainHead | null): void {
  if (anchor?.seq === head.seq && !anchor.hash.equals(head.hash))
    throw new BrokenChain(
      `The chain was rewritten: at seq ${head.seq} it has the hash ${head.hash.toString('hex')}, which is not the anchor's. At least one row up to there is not what it was.`,
    );
}

/** A row is written with its place among those that wait, which it leaves for the chain: it is never in neither. */
async function nothingOutside(db: EntityManager): Promise<void> {
  const [found] = await db.query<{ row: CanonicalRow }[]>(
    `SELECT ${CANONICAL_ROW} AS row FROM audit_event AS event
     WHERE NOT EXISTS (SELECT FROM audit_chain WHERE audit_id = event.id)
       AND NOT EXISTS (SELECT FROM audit_unchained WHERE audit_id = event.id)
     ORDER BY event.at, event.id LIMIT 1`,
  );
  if (found)
    throw new BrokenChain(
      `A row is neither in the chain nor waiting for it: it was inserted, or the end of the chain was cut off before it. It is ${named(found.row)}.`,
    );
}

/** Rows leave the waiting ones for the chain in one transaction. */
async function nothingTwice(db: EntityManager): Promise<void> {
  const [found] = await db.query<{ row: CanonicalRow }[]>(
    `SELECT ${CANONICAL_ROW} AS row FROM audit_unchained AS waiting
     JOIN audit_chain AS link ON link.audit_id = waiting.audit_id JOIN audit_event AS event ON event.id = waiting.audit_id
     ORDER BY event.at, event.id LIMIT 1`,
  );
  if (found)
    throw new BrokenChain(
      `A row is in the chain and is said to wait for it: somebody put it among those that wait. It is ${named(found.row)}.`,
    );
}

/** Null when none waits. */
async function waitingRows(db: EntityManager): Promise<WaitingRows | null> {
  const [waiting] = await db.query<WaitingRows[]>(
    `SELECT count(*)::int AS count, min(event.at) AS since
     FROM audit_unchained AS waiting JOIN audit_event AS event ON event.id = waiting.audit_id`,
  );
  return waiting!.count === 0 ? null : waiting!;
}

function named({ id, at, action }: CanonicalRow): string {
  return `${String(action)} of ${at}, id ${id}`;
}
