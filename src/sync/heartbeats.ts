import type { EntityManager } from 'typeorm';
import type { AuditSource } from '../audit/audit';
import { HOST_STATUS } from './status';

/** One sync as it is written. */
export interface Heartbeat {
  agentId: string;
  /** Which enrolment of the agent the key belongs to. */
  enrolment: number;
  bootId: string;
  previousBootId: string | null;
  agentVersion: string | null;
  /** What the agent says that it runs. */
  generation: number | null;
  intervalSeconds: number;
  /** Who called, for the audit trail. */
  source: AuditSource;
}

/**
 * What became of a heartbeat. HEARD: it counts. CLONE: it counts once it is written alone, and another host is refused from then on. CONFLICT: another host has the credential. GONE: the
 * agent is no more, or was enrolled afresh. HELD: its row is held by somebody.
 */
export type Verdict = 'HEARD' | 'CLONE' | 'CONFLICT' | 'GONE' | 'HELD';

export interface Heard {
  verdict: Verdict;
  /** Of what the agent should run. */
  generation: number;
  serverTime: Date;
}

/**
 * Writes the heartbeats of many agents, each once, by one statement, and tells what became of each. A host that names the current boot id as its
 * previous one is the same, started again, and takes over at once. When the one that it took over from syncs again, these are two hosts: the older goes on, and the newer
 * is refused. Any other has to wait until the current one is silent.
 */
const hear = (whenHeld: 'SKIP LOCKED' | '', counting: string) => `
  WITH call AS (
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::uuid[], $4::uuid[], $5::text[], $6::integer[], $7::integer[])
      AS call (agent_id, enrolment, boot_id, previous_boot_id, version, generation, interval_seconds)
  ), current AS (
    SELECT liveness.agent_id, liveness.enrolment, liveness.boot_id, superseded_boot_id, refused_boot_id, ${HOST_STATUS} AS status
    FROM liveness CROSS JOIN hearing WHERE liveness.agent_id = ANY ($1::uuid[])
    ORDER BY liveness.agent_id FOR UPDATE OF liveness ${whenHeld}
  ), judged AS (
    SELECT call.*, CASE
      WHEN current.agent_id IS NULL THEN
        CASE WHEN EXISTS (SELECT FROM liveness WHERE liveness.agent_id = call.agent_id) THEN 'HELD' ELSE 'GONE' END
      WHEN current.enrolment <> call.enrolment THEN 'GONE'
      WHEN current.boot_id IS NULL OR current.boot_id = call.boot_id THEN 'HEARD'
      WHEN current.superseded_boot_id = call.boot_id THEN 'CLONE'
      WHEN current.boot_id = call.previous_boot_id AND current.refused_boot_id IS DISTINCT FROM call.boot_id THEN 'HEARD'
      WHEN current.status = 'INACTIVE' THEN 'HEARD'
      ELSE 'CONFLICT' END AS verdict,
      current.boot_id AS current_boot_id, current.boot_id = call.previous_boot_id AS takes_over
    FROM call LEFT JOIN current ON current.agent_id = call.agent_id
  ), heard AS (
    UPDATE liveness SET
      last_seen_at = greatest(last_seen_at, clock_timestamp()), boot_id = judged.boot_id,
      sync_interval_seconds = judged.interval_seconds,
      reported_generation = coalesce(judged.generation, reported_generation),
      superseded_boot_id = CASE
        WHEN judged.current_boot_id = judged.boot_id THEN superseded_boot_id
        WHEN judged.takes_over AND verdict = 'HEARD' THEN judged.current_boot_id END,
      refused_boot_id = CASE WHEN verdict = 'CLONE' THEN judged.current_boot_id
        WHEN judged.current_boot_id = judged.boot_id OR judged.takes_over THEN refused_boot_id END,
      clone_suspected_at = CASE WHEN verdict = 'CLONE' THEN clock_timestamp() ELSE clone_suspected_at END
    FROM judged WHERE liveness.agent_id = judged.agent_id AND verdict IN (${counting})
  ), refused AS (
    UPDATE liveness SET clone_suspected_at = clock_timestamp()
    FROM judged WHERE liveness.agent_id = judged.agent_id AND verdict = 'CONFLICT'
  ), outdated AS (
    SELECT agent.id, judged.version FROM agent JOIN judged ON judged.agent_id = agent.id
    WHERE judged.verdict IN (${counting}) AND judged.version IS NOT NULL AND agent.version IS DISTINCT FROM judged.version
    ORDER BY agent.id FOR NO KEY UPDATE OF agent SKIP LOCKED
  ), version AS (
    UPDATE agent SET version = outdated.version FROM outdated WHERE agent.id = outdated.id
  )
  SELECT judged.agent_id, verdict, coalesce(agent.generation, 0) AS generation, clock_timestamp() AS server_time
  FROM judged LEFT JOIN agent ON agent.id = judged.agent_id`;

interface Row {
  agent_id: string;
  verdict: Verdict;
  generation: number;
  server_time: Date;
}

/** Passes over rows that somebody holds: one agent that is being enrolled afresh must not keep all others waiting. */
const HEAR_MANY = hear('SKIP LOCKED', `'HEARD'`);
const HEAR_ONE = hear('', `'HEARD', 'CLONE'`);

/** See hear. What became of each, by agent. One alone is waited for while its row is held, and written as well when it is a CLONE. */
export async function writeHeartbeats(
  db: EntityManager,
  heartbeats: readonly Heartbeat[],
  { wait = false } = {},
): Promise<Map<string, Heard>> {
  const column = <Key extends keyof Heartbeat>(key: Key) => heartbeats.map((heartbeat) => heartbeat[key]);
  const rows = await db.query<Row[]>(wait ? HEAR_ONE : HEAR_MANY, [
    column('agentId'),
    column('enrolment'),
    column('bootId'),
    column('previousBootId'),
    column('agentVersion'),
    column('generation'),
    column('intervalSeconds'),
  ]);
  return new Map(
    rows.map(({ agent_id, verdict, generation, server_time }) => [
      agent_id,
      { verdict, generation, serverTime: server_time },
    ]),
  );
}
