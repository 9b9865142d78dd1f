import { once } from 'node:events';
import type { DataSource, EntityManager } from 'typeorm';
import type { ChainHead } from '../audit/chain';
import { chainedRows, countWaiting, type ExportRange } from '../audit/export-trail';
import { BrokenChain, verifyChain, type VerifiedChain } from '../audit/verify-chain';
import type { Config } from '../config';
import { placeDataSource } from '../database/data-source';
import { whileMigrated } from '../database/migrate';
import { borrowDatabase } from '../database/open';
import { ExitCode } from '../exit-code';
import { jsonLine } from '../json-text';
import { createLog } from '../log';
import { CommandFailure } from './failure';
import { print } from './output';
import { stopSignal, unlessStopped } from './stop-signal';

/** `rollcall audit verify`. Resolves to the exit code. */
export async function verifyTrail(config: Config, dataSource: DataSource, anchor: ChainHead | null): Promise<ExitCode> {
  const verified = await withTrail(config, dataSource, async (db, signal) => {
    return verifyChain(db, anchor, signal).catch((error: unknown) => {
      throw error instanceof BrokenChain
        ? new CommandFailure(ExitCode.TAMPERED, 'CHAIN_BROKEN', `The audit trail is not good. ${error.message}`)
        : error;
    });
  });
  if (verified === null) return stopped('nothing is said of the audit trail');
  tellGood(verified);
  return ExitCode.OK;
}

function tellGood({ head, waiting }: VerifiedChain): void {
  print(`The chain is good: ${head.seq} rows, seq ${head.seq}, hash ${head.hash.toString('hex')}.`);
  if (waiting)
    console.error(
      `rollcall: Not in the chain yet: ${waiting.count} rows, the oldest of ${waiting.since.toISOString()}. A server chains them within a second; when one runs and they stay, see its log.`,
    );
}

/** `rollcall audit export`. Resolves to the exit code. */
export async function exportTrail(config: Config, dataSource: DataSource, range: ExportRange): Promise<ExitCode> {
  const waiting = await withTrail(config, dataSource, async (db, signal) => {
    const write = patientWriter();
    for await (const row of chainedRows(db, range, signal)) if (!(await write(`${jsonLine(row)}\n`))) return 0;
    return countWaiting(db, range);
  });
  if (waiting === null) return stopped('the export is not whole');
  if (waiting > 0)
    console.error(
      `rollcall: Not in the export: ${waiting} rows that are not in the chain yet. A server chains them within a second.`,
    );
  return ExitCode.OK;
}

/** Writes to stdout as fast as that is read; gives false once nobody reads any more. */
function patientWriter(): (text: string) => Promise<boolean> {
  let read = true;
  process.stdout.once('error', () => (read = false));
  return async (text) => {
    // An error ends the waiting, too.
    if (read && !process.stdout.write(text)) await once(process.stdout, 'drain').catch(() => undefined);
    return read;
  };
}

/** Does something with the database of the server, without its time limits; null when it was told to stop. */
async function withTrail<T>(
  config: Config,
  dataSource: DataSource,
  work: (db: EntityManager, signal: AbortSignal) => Promise<T>,
): Promise<T | null> {
  // Not to stdout: that is for the rows.
  const log = createLog('warn', 2);
  const { signal } = stopSignal();
  const database = await borrowDatabase(config, log, signal).catch(unlessStopped(signal));
  if (database === null) return null;
  try {
    placeDataSource(dataSource, database.place, { ...config.database, poolSize: 1 }, log);
    return await whileMigrated(dataSource, (db) => work(db, signal)).catch(unlessStopped(signal));
  } finally {
    await database.close();
  }
}

function stopped(consequence: string): ExitCode {
  console.error(`rollcall: Stopped; ${consequence}.`);
  return ExitCode.FAILURE;
}
