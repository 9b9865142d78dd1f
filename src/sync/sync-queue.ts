import type { EntityManager } from 'typeorm';
import { recordSuccess } from '../audit/audit';
import { transact } from '../database/transaction';
import { RateLimited } from '../errors';
import { createLine } from '../line';
import { writeHeartbeats, type Heard, type Heartbeat } from './heartbeats';

/** Takes the heartbeats of a server's agents. */
export interface SyncQueue {
  /**
   * Resolves once the heartbeat is committed, or refused. What comes while a statement runs goes into the next one; of an agent that calls again
   * meanwhile the last heartbeat is written, for all of its calls. Throws RATE_LIMITED when too many wait.
   */
  hear: (heartbeat: Heartbeat) => Promise<Heard>;
}

/** What tests set otherwise. */
export interface SyncQueueOptions {
  mostWaiting?: number;
}

/** Agents. */
const MOST_WAITING = 20_000;
/** Boot ids of one agent: more are nobody's who is alive, and would keep others from their places. */
const MOST_OF_ONE = 2;
const MOST_AT_ONCE = 2_000;
/** What is written alone leaves the others their connections. */
const MOST_ALONE = 2;
/** So that those who are told to come later do not come together. */
const SPREAD_SECONDS = 15;

interface Waiting {
  heartbeat: Heartbeat;
  answers: { resolve: (heard: Heard) => void; reject: (error: unknown) => void }[];
}

/** There is no timer in it: the next statement begins when the last has ended, and an idle server writes at once. */
export function syncQueue(db: EntityManager, { mostWaiting = MOST_WAITING }: SyncQueueOptions = {}): SyncQueue {
  /** By agent: hosts that share a credential are told apart, and so are two enrolments. */
  const waiting = new Map<string, Waiting[]>();
  const alone = createLine(MOST_ALONE);
  let running = false;

  async function writeAll(): Promise<void> {
    if (running) return;
    running = true;
    while (waiting.size > 0) await write(takeBatch());
    running = false;
  }

  /** One row is written once a statement: of two hosts that share a credential, the second stays for the next. */
  function takeBatch(): Waiting[] {
    const batch: Waiting[] = [];
    for (const [agentId, [first, ...others]] of waiting) {
      if (batch.length >= MOST_AT_ONCE) break;
      batch.push(first!);
      if (others.length === 0) waiting.delete(agentId);
      else waiting.set(agentId, others);
    }
    return batch;
  }

  async function write(batch: readonly Waiting[]): Promise<void> {
    try {
      const heartbeats = batch.map(({ heartbeat }) => heartbeat);
      const heard = await writeHeartbeats(db, heartbeats);
      for (const each of batch) {
        const own = heard.get(each.heartbeat.agentId)!;
        if (own.verdict === 'HELD' || own.verdict === 'CLONE') void writeAlone(each);
        else for (const { resolve } of each.answers) resolve(own);
      }
    } catch (error) {
      for (const { answers } of batch) for (const { reject } of answers) reject(error);
    }
  }

  async function writeAlone({ heartbeat, answers }: Waiting): Promise<void> {
    try {
      const heard = await alone(() => transact(db, (tx) => writeOne(tx, heartbeat)));
      for (const { resolve } of answers) resolve(heard);
    } catch (error) {
      for (const { reject } of answers) reject(error);
    }
  }

  function place(heartbeat: Heartbeat): Waiting {
    const own = waiting.get(heartbeat.agentId) ?? [];
    const known = own.find((each) => isSameCaller(each.heartbeat, heartbeat));
    if (known) return Object.assign(known, { heartbeat });
    if (own.length >= MOST_OF_ONE || waiting.size >= mostWaiting)
      throw new RateLimited(1 + Math.floor(Math.random() * SPREAD_SECONDS));
    const made = { heartbeat, answers: [] };
    waiting.set(heartbeat.agentId, [...own, made]);
    return made;
  }

  return {
    hear: (heartbeat) =>
      new Promise((resolve, reject) => {
        place(heartbeat).answers.push({ resolve, reject });
        void writeAll();
      }),
  };
}

function isSameCaller(one: Heartbeat, other: Heartbeat): boolean {
  return one.bootId === other.bootId && one.enrolment === other.enrolment;
}

/** Waits for its row. That two hosts have one credential, and the row of the audit trail that says so, are one transaction. */
async function writeOne(tx: EntityManager, heartbeat: Heartbeat): Promise<Heard> {
  const { agentId, source } = heartbeat;
  const heard = (await writeHeartbeats(tx, [heartbeat], { wait: true })).get(agentId)!;
  if (heard.verdict === 'CLONE')
    await recordSuccess(tx, source, {
      action: 'agent.suspect_clone',
      targetType: 'agent',
      targetId: agentId,
      ...(source.caller && { targetName: source.caller.name }),
      reason: 'two hosts sync with one credential; the one that came second is refused',
    });
  return heard;
}
