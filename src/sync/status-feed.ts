import type { FastifyBaseLogger } from 'fastify';
import type { EntityManager } from 'typeorm';
import { HOST_STATUS } from './status';

/** Tells which nodes went ACTIVE or INACTIVE, for those who want to be told. */
export interface StatusFeed {
  /** Gives the function that ends it. The listener is told ids of nodes, each once a transition. */
  subscribe: (listener: (nodeIds: readonly string[]) => void) => () => void;
}

/** What tests set otherwise. */
export interface StatusFeedOptions {
  lookEveryMs?: number;
}

const LOOK_EVERY_MS = 5_000;

/** Nodes whose host agent is silent; of those that were never heard of that is no news. */
const SILENT = `
  SELECT agent.runs_on_node_id AS node_id, liveness.last_seen_at IS NULL AS is_new
  FROM liveness CROSS JOIN hearing JOIN agent ON agent.id = liveness.agent_id WHERE ${HOST_STATUS} = 'INACTIVE'`;

const THERE = `SELECT runs_on_node_id AS node_id FROM agent WHERE type = 'HOST_AGENT' AND runs_on_node_id = ANY ($1::uuid[])`;

interface Row {
  node_id: string;
  is_new: boolean;
}

/**
 * Looks every few seconds while somebody listens, and at no other time: a status is computed when it is read, so nothing but this
 * depends on it. Each server looks for itself; what it tells is late by that much, and never wrong.
 */
export function statusFeed(
  db: EntityManager,
  log: Pick<FastifyBaseLogger, 'warn'>,
  { lookEveryMs = LOOK_EVERY_MS }: StatusFeedOptions = {},
): StatusFeed {
  const listeners = new Set<(nodeIds: readonly string[]) => void>();
  let stop: (() => void) | null = null;

  /** Looks until it is stopped; what it knew ends with it. */
  function watch(): () => void {
    let silent: Set<string> | null = null;
    let stopped = false;
    let timer = setTimeout(() => void look(), 0);

    async function look(): Promise<void> {
      const rows = await db.query<Row[]>(SILENT).catch((error: unknown) => {
        log.warn({ err: error }, 'cannot look which nodes went ACTIVE or INACTIVE');
        return null;
      });
      const changed = rows === null ? [] : await news(silent, rows);
      if (stopped) return;
      if (rows !== null) silent = new Set(rows.map(({ node_id }) => node_id));
      if (changed.length > 0) for (const listener of listeners) listener(changed);
      timer = setTimeout(() => void look(), lookEveryMs);
    }

    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }

  async function news(before: Set<string> | null, rows: readonly Row[]): Promise<string[]> {
    if (before === null) return [];
    const now = new Set(rows.map(({ node_id }) => node_id));
    const fallen = rows.filter(({ node_id, is_new }) => !is_new && !before.has(node_id));
    return [...fallen.map(({ node_id }) => node_id), ...(await there([...before].filter((id) => !now.has(id))))];
  }

  /** One that was removed did not become ACTIVE. */
  async function there(nodeIds: string[]): Promise<string[]> {
    if (nodeIds.length === 0) return [];
    const rows = await db.query<Row[]>(THERE, [nodeIds]).catch(() => []);
    return rows.map(({ node_id }) => node_id);
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      stop ??= watch();
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        stop?.();
        stop = null;
      };
    },
  };
}
