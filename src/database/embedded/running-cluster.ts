import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { findBinaries } from './binaries';
import { clusterVersion, ensureCluster, ROLE } from './cluster';
import { connect, type DatabaseConnection } from './connection';
import { type DataFolder, prepareDataFolder } from './data-folder';
import { DataFolderError } from './data-folder-error';
import { failureOf } from './failure';
import { removeStaleLockFiles } from './lock-file';
import { clusterPassword, wrongPassword } from './password';
import { launchPostmaster, type Postmaster } from './postmaster';
import { makeSocketFolder, PORT } from './socket-folder';

/** A cluster, running or not, with all that it takes to reach it. */
export interface Cluster {
  folder: DataFolder;
  connection: DatabaseConnection;
  log: (message: string) => void;
}

/** How long a postmaster of the folder may be without an answer, or the last processes of a killed one may linger. */
const PATIENCE = 10_000;
const POLL = 10;
/** Another start is just faster; processes of a killed postmaster are still ending; somebody killed this one, too. */
const TRANSIENT = /lock file ".*" already exists|pre-existing shared memory block|^killed by /;

/** Makes the folders and the password as far as they are not there; the cluster itself is made when it is first reached. */
export async function prepareCluster(dataDir: string, log: (message: string) => void): Promise<Cluster> {
  const folder = await prepareDataFolder(dataDir);
  const password = await clusterPassword(folder, (await clusterVersion(folder)) !== null);
  const host = await makeSocketFolder(folder);
  return { folder, connection: { host, port: PORT, user: ROLE, password, database: ROLE }, log };
}

/** Connects to the cluster, which is made or started first when it must be; `launched` tells whether it was started. */
export async function reachCluster(cluster: Cluster, signal?: AbortSignal) {
  const deadline = performance.now() + PATIENCE;
  let postmaster: Postmaster | null = null;
  let launched = false;
  for (;;) {
    const answer = await connectTo(cluster);
    if (answer instanceof Client) return { client: answer, launched };
    // Not between launch and first answer: a postmaster that has no lock file yet could not be stopped.
    if (answer === 'not yet' || !postmaster) signal?.throwIfAborted();
    if (answer === 'nobody' && !postmaster) postmaster = await launch(cluster);
    const lastWords = (await postmaster?.lastWords()) ?? null;
    if (lastWords !== null) {
      await settleFailedStart(cluster, lastWords, performance.now() > deadline);
      postmaster = null;
    }
    launched = postmaster !== null;
    await delay(POLL);
  }
}

async function connectTo({ connection, folder }: Cluster) {
  try {
    return await connect(connection);
  } catch (error) {
    if (failureOf(error).code === '28P01') throw wrongPassword(folder, 'does not fit its database');
    throw error;
  }
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
