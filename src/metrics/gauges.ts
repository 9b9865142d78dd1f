import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import type { KeyCache } from '../access/key-cache';
import type { FleetSummary } from '../fleet-summary/fleet-summary';
import type { FleetInstruments, Instruments } from './instruments';
import type { Waiting } from './waiting';

/** Sets how many connections to the database there are. */
export function setConnections({ connections, connectionWaits }: Instruments, { driver }: DataSource): void {
  const { totalCount, idleCount, waitingCount } = (driver as unknown as { master: Pool }).master;
  connections.set({ state: 'in_use' }, totalCount - idleCount);
  connections.set({ state: 'idle' }, idleCount);
  connectionWaits.set(waitingCount);
}

/** Sets what the cache of keys has counted itself. */
export function setKeyCache({ keyCacheEntries, keyCacheLookUps }: Instruments, keyCache: KeyCache): void {
  const { entries, hits, misses } = keyCache.use();
  keyCacheEntries.set(entries);
  keyCacheLookUps.reset();
  keyCacheLookUps.inc({ outcome: 'hit' }, hits);
  keyCacheLookUps.inc({ outcome: 'miss' }, misses);
}

/** Sets what the database has told. Types of which there are none any more are left out. */
export function setFleet(fleet: FleetInstruments, summary: FleetSummary, waiting: Waiting): void {
  fleet.nodes.set({ status: 'ACTIVE' }, summary.nodesActive);
  fleet.nodes.set({ status: 'INACTIVE' }, summary.nodesInactive);
  fleet.nodes.set({ status: 'UNKNOWN' }, summary.nodesUnknown);
  for (const kind of ['services', 'agents'] as const) {
    fleet[kind].reset();
    for (const { type, count } of summary[`${kind}ByType`]) fleet[kind].set({ type }, count);
  }
  fleet.auditWaiting.set(waiting.auditRows);
  fleet.auditLag.set(waiting.auditLagSeconds);
  fleet.pendingRequests.set(waiting.pendingRequests);
}
