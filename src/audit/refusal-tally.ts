import type { FastifyBaseLogger } from 'fastify';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../access/actor';
import { limitKey } from '../rate-limit/address';
import { recordRefusal, type AuditEntry } from './audit';

/** A refusal that is told as one of many: its secret was unknown, or a good key had not the role. */
export interface Refusal {
  /** In the form noun.verb. One of few: what was refused, never what was sent. */
  action: string;
  /** The code of the refusal. */
  reason: string;
  remoteAddress: string;
  /** Whose key it was, where it was a good one. */
  caller?: Caller | null;
  /** What it was about; the caller's key unless said. */
  target?: { type: string; id: string; name?: string };
}

/** Counts refusals, for the audit trail to tell each kind in a row a minute: an attacker cannot fill the disk with them. */
export interface RefusalTally {
  /** Counts one. Costs no query, and never throws. */
  note: (refusal: Refusal) => void;
  /** Writes what was counted since the last time, a row for each action, reason, address, key and target. Never throws. */
  flush: () => Promise<void>;
}

/** How many kinds are told apart at once; those beyond are told without address, key and target. */
const MOST_KINDS = 1000;

interface Tallied extends Omit<Refusal, 'remoteAddress'> {
  remoteAddress: string | null;
  count: number;
}

export function refusalTally(db: EntityManager, log: Pick<FastifyBaseLogger, 'error'>): RefusalTally {
  let tallied = new Map<string, Tallied>();

  const add = (refusal: Omit<Tallied, 'count'>, count: number): void => {
    const known = tallied.get(kindOf(refusal));
    if (known) known.count += count;
    else if (tallied.size < MOST_KINDS || isAnonymous(refusal)) tallied.set(kindOf(refusal), { ...refusal, count });
    else add({ action: refusal.action, reason: refusal.reason, remoteAddress: null }, count);
  };

  return {
    // By the /64 of IPv6: one who has it whole must not fill the trail by changing the address.
    note: (refusal) => add({ ...refusal, remoteAddress: limitKey(refusal.remoteAddress) }, 1),
    async flush() {
      const flushed = [...tallied.values()];
      tallied = new Map();
      if (flushed.length === 0) return;
      try {
        await db.transaction(async (tx) => {
          for (const each of flushed) await record(tx, each);
        });
      } catch (error) {
        log.error({ err: error }, 'refusals could not be written to the audit trail; they are kept for the next time');
        for (const { count, ...refusal } of flushed) add(refusal, count);
      }
    },
  };
}

function kindOf({ action, reason, remoteAddress, caller, target }: Omit<Tallied, 'count'>): string {
  return JSON.stringify([action, reason, remoteAddress, caller?.publicId ?? null, target?.id ?? null]);
}

function isAnonymous({ remoteAddress, caller, target }: Omit<Tallied, 'count'>): boolean {
  return remoteAddress === null && !caller && !target;
}

function record(tx: EntityManager, { action, reason, remoteAddress, caller, target, count }: Tallied): Promise<void> {
  const entry: AuditEntry = { action, reason, count };
  const about = target ?? (caller && { type: 'api_key', id: caller.keyId, name: caller.name });
  const told = about && { targetType: about.type, targetId: about.id, ...(about.name && { targetName: about.name }) };
  return recordRefusal(tx, { caller: caller ?? null, remoteAddress, requestId: null }, { ...entry, ...told });
}
