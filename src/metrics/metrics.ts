import type { DataSource } from 'typeorm';
import type { KeyCache } from '../access/key-cache';
import type { Context } from '../context';
import { readBuild } from '../version/build';
import { watchEventLoop } from './event-loop';
import { setConnections, setFleet, setKeyCache } from './gauges';
import { createFleetInstruments, createInstruments, type Instruments } from './instruments';
import { waitingNow } from './waiting';

/** The metrics of one server. */
export interface Metrics {
  instruments: Instruments;
  contentType: string;
  /** All of them as Prometheus reads them. When the database does not answer, what it would have told is left out. */
  read(context: Pick<Context, 'db' | 'fleetCount' | 'ignoredReports' | 'log'>): Promise<string>;
  stop: () => void;
}

/** Starts to measure. */
export function startMetrics(dataSource: DataSource, keyCache: KeyCache): Metrics {
  const instruments = createInstruments();
  const fleet = createFleetInstruments();
  const waiting = waitingNow();
  instruments.build.set({ version: readBuild().version }, 1);
  return {
    instruments,
    contentType: instruments.registry.contentType,
    async read({ db, fleetCount, ignoredReports, log }) {
      const told = await Promise.all([fleetCount.now(db), waiting(db)]).catch((error: unknown) => {
        log.warn({ err: error }, 'the database did not tell its part of the metrics');
        return null;
      });
      if (told) setFleet(fleet, ...told);
      instruments.databaseUp.set(told ? 1 : 0);
      setConnections(instruments, dataSource);
      setKeyCache(instruments, keyCache);
      instruments.ignoredReports.reset();
      instruments.ignoredReports.inc(ignoredReports.count);
      const own = await instruments.registry.metrics();
      return told ? `${own}\n${await fleet.registry.metrics()}` : own;
    },
    stop: watchEventLoop(instruments),
  };
}
