import { createHash } from 'node:crypto';

/** An audit row as it is hashed (docs/decisions/audit-chain.md). */
export interface CanonicalRow {
  id: string;
  at: string;
  [field: string]: unknown;
}

/**
 * The SQL for the canonical row of `event`, as one value of JSON. All that can be in a column comes through, also what no
 * server writes: the time is text already, since a Date would take no infinity, nor microseconds.
 */
export const CANONICAL_ROW = `json_build_object(
  'id', event.id,
  'at', to_char(event.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    || CASE WHEN event.at < '0001-01-01Z' THEN ' BC' ELSE '' END,
  'action', event.action,
  'outcome', event.outcome,
  'actorName', event.actor_name,
  'actorKeyPublicId', event.actor_key_public_id,
  'remoteAddress', event.remote_address,
  'targetType', event.target_type,
  'targetId', event.target_id,
  'targetName', event.target_name,
  'reason', event.reason,
  'changes', event.changes,
  'requestId', event.request_id,
  'count', event.count)`;

/** SHA-256 of the row in the canonical form of RFC 8785. */
export function rowHash(row: CanonicalRow): Buffer {
  return createHash('sha256').update(canonicalJson(row)).digest();
}

/** What the first link follows. */
export const NO_HASH = Buffer.alloc(32);

/** SHA-256 of the former link's hash, the number of this link as 8 bytes, the most significant first, and the hash of its row. */
export function chainHash(former: Buffer, seq: number, hashOfRow: Buffer): Buffer {
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(seq));
  return createHash('sha256').update(former).update(number).update(hashOfRow).digest();
}

/** JSON in the canonical form of RFC 8785: no spaces, members sorted by the UTF-16 units of their names. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const names = Object.keys(value).toSorted(byUnits);
  const members = names.map((name) => `${JSON.stringify(name)}:${canonicalJson((value as CanonicalRow)[name])}`);
  return `{${members.join(',')}}`;
}

function byUnits(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
