import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { findBinaries } from './binaries';
import { clusterVersion, ensureCluster, ROLE } from './cluster';
import { connect, type DatabaseConnection } from './connection';
import { type DataFolder, prepareDataFolder } from './data-folder';
import { DataFolderError } from './data-folder-error';
import { failureOf } from './failure';
import { removeStaleLockFiles, runningPostmaster } from './lock-file';
import type { OperatorLog } from './operator-log';
import { clusterPassword, wrongPassword } from './password';
import { launchPostmaster, type Postmaster } from './postmaster';
import { makeSocketFolder, PORT } from './socket-folder';

/** A cluster, running or not, with all that it takes to reach it. */
export interface Cluster {
  folder: DataFolder;
  connection: DatabaseConnection;
  log: OperatorLog;
}

/** How long the last processes of a killed postmaster may linger. */
const PATIENCE = 10_000;
/** How long a postmaster may say nothing at all. One that recovers says so, and may take as long as it takes. */
const SILENCE_PATIENCE = 20_000;
const TELL_AFTER = 2_000;
const POLL = 10;
/** Another start is just faster; processes of a killed postmaster are still ending; somebody killed this one, too. */
const TRANSIENT = /lock file ".*" already exists|pre-existing shared memory block|^killed by /;

/** Makes the folders and the password as far as they are not there; the cluster itself is made when it is first reached. */
export async function prepareCluster(dataDir: string, log: OperatorLog): Promise<Cluster> {
  const folder = await prepareDataFolder(dataDir);
  const password = await clusterPassword(folder, (await clusterVersion(folder)) !== null);
  const host = await makeSocketFolder(folder);
  return { folder, connection: { host, port: PORT, user: ROLE, password, database: ROLE }, log };
}

/**
 * Connects to the cluster, which is made or started first when it must be; `launched` tells whether it was started. Rejects
 * when the signal aborts. What was started here and led to no connection is stopped again.
 */
export async function reachCluster(cluster: Cluster, signal?: AbortSignal) {
  const deadline = performance.now() + PATIENCE;
  let [told, since, heard] = [false, performance.now(), performance.now()];
  let postmaster: Postmaster | null = null;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const answer = await connectTo(cluster, signal);
      if (answer instanceof Client) return { client: answer, launched: postmaster !== null };
      signal?.throwIfAborted();
      if (answer === 'nobody' && !postmaster) {
        postmaster = await launch(cluster);
        since = heard = performance.now();
      }
      if (answer === 'not yet') heard = performance.now();
      if (performance.now() > heard + SILENCE_PATIENCE) throw await silent(cluster);
      const lastWords = (await postmaster?.lastWords()) ?? null;
      if (lastWords !== null) {
        await settleFailedStart(cluster, lastWords, performance.now() > deadline);
        postmaster = null;
      }
      if (!told && performance.now() > since + TELL_AFTER) {
        cluster.log.warn('PostgreSQL is starting or recovering; waiting.');
        told = true;
      }
      await delay(POLL);
    }
  } catch (error) {
    await postmaster?.stop();
    throw error;
  }
}

async function connectTo({ connection, folder }: Cluster, signal?: AbortSignal) {
  try {
    return await connect(connection, signal);
  } catch (error) {
    if (failureOf(error).code === '28P01') throw wrongPassword(folder, 'does not fit its database');
    throw error;
  }
}

async function silent({ folder, connection }: Cluster): Promise<DataFolderError> {
  const pid = await runningPostmaster(folder, connection.host);
  const remedy = pid ? `let it go on (kill -CONT ${pid}), or end it (kill -KILL ${pid})` : 'end it';
  return new DataFolderError(
    `PostgreSQL runs on ${folder.data} but does not answer; it may be suspended: ${remedy}, and start again.`,
  );
}

async function launch({ folder, connection }: Cluster): Promise<Postmaster> {
  const binaries = await findBinaries(folder);
  await ensureCluster(folder, binaries, connection.password);
  return launchPostmaster(folder, binaries, connection.host);
}

/** Returns when another try makes sense; else throws what postgres said. */
async function settleFailedStart({ folder, connection }: Cluster, lastWords: string, late: boolean): Promise<void> {
  if (!late && TRANSIENT.test(lastWords)) {
    if (lastWords.includes('lock file')) await removeStaleLockFiles(folder, connection.host);
    return delay(10 * POLL);
  }
  throw new DataFolderError(
    `PostgreSQL does not start on ${folder.data} (${lastWords || 'it gave no reason'}): ` +
      `settle what it says, of which ${folder.log} may hold more, or put the data back from a backup.`,
  );
}
