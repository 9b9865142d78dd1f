import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { hasCluster } from './cluster';
import { connect, type DatabaseConnection } from './connection';
import { removeUnfinished } from './data-folder';
import { DataFolderError, withFileErrorsExplained } from './data-folder-error';
import { failureOf } from './failure';
import type { OperatorLog } from './operator-log';
import { stopPostmaster } from './postmaster';
import { type Cluster, prepareCluster, reachCluster } from './running-cluster';

export type { DatabaseConnection } from './connection';
export { DataFolderError } from './data-folder-error';

/** The PostgreSQL that Rollcall brings along, with its data in the data folder. */
export interface EmbeddedPostgres {
  connection: DatabaseConnection;
  /** Stops it when it is ours to stop; resolves when it is gone. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  dataDir: string;
  log: OperatorLog;
  /** Ends the waiting for it, not what came of that: the promise then rejects, and nothing is left running. */
  signal?: AbortSignal;
}

/** How long the lock of an owner that was just killed may take to be released. */
const OWNER_PATIENCE = 2_000;
const SHORTEST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

/**
 * Starts the cluster of the data folder, or takes over the one that a killed server left running, and keeps it running until
 * `stop()`. Throws a DataFolderError when another server owns it, or when it cannot run.
 */
export function startEmbeddedPostgres({ dataDir, log, signal }: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  return withFileErrorsExplained(dataDir, async () => {
    const cluster = await prepareCluster(dataDir, log);
    const { owner, launched } = await takeOwnership(cluster, signal);
    if (!launched) log.info('The PostgreSQL that a former server left running was taken over.');
    await removeUnfinished(cluster.folder);
    return keepRunning(cluster, owner);
  });
}

/**
 * The cluster for a command that works whether or not a server runs: the running one or, for as long as the command needs it,
 * one of its own. Throws a DataFolderError when the folder has none: a command with a mistyped folder must not make one.
 */
export function borrowEmbeddedPostgres({ dataDir, log, signal }: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  return withFileErrorsExplained(dataDir, async () => {
    if (!(await hasCluster(dataDir)))
      throw new DataFolderError(
        `There is no database in the data folder ${dataDir}: set ROLLCALL_DATA_DIR to the server's, or start the server once.`,
      );
    const cluster = await prepareCluster(dataDir, log);
    const { client, launched } = await reachCluster(cluster, signal);
    await client.end();
    return { connection: cluster.connection, stop: async () => (launched ? stopUnlessOwned(cluster) : undefined) };
  });
}

/** A connection that owns the cluster for as long as it lasts. */
async function takeOwnership(cluster: Cluster, signal?: AbortSignal): Promise<{ owner: Client; launched: boolean }> {
  const deadline = performance.now() + OWNER_PATIENCE;
  for (let launchedByUs = false; ; await delay(50)) {
    const { client, launched } = await reachCluster(cluster, signal);
    launchedByUs ||= launched;
    // A connection that is lost here was to a cluster that its former owner was stopping.
    const owned = await tryToOwn(client).catch(() => false);
    if (owned) return { owner: client, launched: launchedByUs };
    await client.end();
    if (performance.now() > deadline)
      throw new DataFolderError(
        `The data folder ${cluster.folder.path} is in use by another Rollcall server: stop that one, or set ROLLCALL_DATA_DIR to another folder.`,
      );
  }
}

async function tryToOwn(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ owned: boolean }>(
    "SELECT pg_try_advisory_lock(hashtext('rollcall-owner')) AS owned",
  );
  return rows[0]!.owned;
}

function keepRunning(cluster: Cluster, first: Client): EmbeddedPostgres {
  const stopping = new AbortController();
  let owner: Client | null = null;
  let revival = Promise.resolve();
  let stopped: Promise<void> | null = null;

  function watch(client: Client): void {
    owner = client;
    client.once('end', () => {
      owner = null;
      if (!stopping.signal.aborted) revival = revive();
    });
  }

  async function revive(): Promise<void> {
    cluster.log.error('The embedded PostgreSQL ended unexpectedly; it is being started again.');
    for (let pause = SHORTEST_PAUSE; !stopping.signal.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        return watch((await takeOwnership(cluster, stopping.signal)).owner);
      } catch (error) {
        if (stopping.signal.aborted) return;
        cluster.log.error(`The embedded PostgreSQL could not be started again. ${failureOf(error).message}`);
        await delay(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  }

  async function stop(): Promise<void> {
    stopping.abort();
    await revival;
    const connected = owner;
    if (!connected) return stopUnlessOwned(cluster);
    await stopPostmaster(cluster.folder, cluster.connection.host, cluster.log);
    await connected.end();
  }

  watch(first);
  return { connection: cluster.connection, stop: () => (stopped ??= stop()) };
}

/** Stops the cluster unless a server has taken it over meanwhile. One that admits nobody cannot be anybody's. */
async function stopUnlessOwned({ folder, connection, log }: Cluster): Promise<void> {
  const answer = await connect(connection);
  if (answer === 'nobody') return;
  const admitted = typeof answer !== 'string';
  if (!admitted || (await tryToOwn(answer))) await stopPostmaster(folder, connection.host, log);
  if (admitted) await answer.end();
}
