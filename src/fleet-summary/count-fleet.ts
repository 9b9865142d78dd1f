import type { EntityManager } from 'typeorm';
import { askedAtMostEvery } from '../fresh';
import { HOST_AGENTS_BY_STATUS } from '../sync/status';
import type { FleetSummary } from './fleet-summary';

/** The fleet in numbers, which all who ask within a while are told from one count. */
export interface FleetCount {
  now(db: EntityManager): Promise<FleetSummary>;
}

const FRESH_MS = 5000;

const byType = (table: string) => `
  (SELECT coalesce(json_agg(counted), '[]') FROM (
     SELECT type, count(*)::int AS count FROM ${table} GROUP BY type ORDER BY type
   ) AS counted)`;

/** One statement: all numbers are of one moment. */
const COUNT = `
  SELECT clock_timestamp() AS "asOf", ${byType('node')} AS "nodesByType", ${byType('service')} AS "servicesByType",
    ${byType('agent')} AS "agentsByType",
    (SELECT coalesce(json_agg(counted), '[]') FROM (
       SELECT environment, count(*)::int AS count FROM node GROUP BY environment
       ORDER BY count(*) DESC, environment NULLS LAST LIMIT 20
     ) AS counted) AS "nodesByEnvironment",
    (SELECT coalesce(json_object_agg(status, count), '{}') FROM (${HOST_AGENTS_BY_STATUS}) AS counted) AS hosts`;

interface Counted extends Pick<
  FleetSummary,
  'asOf' | 'nodesByType' | 'servicesByType' | 'agentsByType' | 'nodesByEnvironment'
> {
  hosts: { ACTIVE?: number; INACTIVE?: number };
}

/** Counts when the last count is 5 s old, and once for all who ask meanwhile. */
export function fleetCount(): FleetCount {
  return { now: askedAtMostEvery(FRESH_MS, countFleet) };
}

async function countFleet(db: EntityManager): Promise<FleetSummary> {
  const [row] = await db.query<Counted[]>(COUNT);
  const { hosts, ...counted } = row!;
  const { ACTIVE: nodesActive = 0, INACTIVE: nodesInactive = 0 } = hosts;
  const nodes = sum(counted.nodesByType);
  return {
    ...counted,
    nodes,
    nodesActive,
    nodesInactive,
    nodesUnknown: nodes - nodesActive - nodesInactive,
    services: sum(counted.servicesByType),
    agents: sum(counted.agentsByType),
  };
}

function sum(counts: readonly { count: number }[]): number {
  return counts.reduce((total, { count }) => total + count, 0);
}
