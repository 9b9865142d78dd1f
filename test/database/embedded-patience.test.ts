import { startEmbeddedPostgres } from '../../src/database/embedded/embedded-postgres';
import {
  aDataDir,
  aStoppedDataDir,
  cleanUp,
  eventually,
  isAlive,
  keptLog,
  postmasterOf,
  query,
  recoverSlowly,
  start,
  startInChild,
  WAITING,
} from './embedded/data-folders';

afterEach(cleanUp);

/** Starts it with a signal; `waiting` resolves when it says that it waits. */
function startUntil(dataDir: string) {
  const stopping = new AbortController();
  let waiting: () => void;
  const waits = new Promise<void>((resolve) => (waiting = resolve));
  const log = { ...keptLog(), warn: (line: string) => line === WAITING && waiting() };
  const started = startEmbeddedPostgres({ dataDir, log, signal: stopping.signal });
  started.catch(() => undefined);
  return { started, waits, stop: () => stopping.abort() };
}

describe('a start of the embedded PostgreSQL', () => {
  it('waits for a recovery and says so; told to stop, it leaves no PostgreSQL behind', async () => {
    const dataDir = await aStoppedDataDir();
    const recovered = await recoverSlowly(dataDir);
    const first = startUntil(dataDir);
    await first.waits;
    const pid = await postmasterOf(dataDir);
    first.stop();
    await expect(first.started).rejects.toMatchObject({ name: 'AbortError' });
    expect(isAlive(pid)).toBe(false);

    const second = startUntil(dataDir);
    await second.waits;
    await recovered();
    const server = await second.started;
    expect(await query(server.connection, 'SELECT value FROM kept')).toEqual([{ value: 'a row' }]);
    await server.stop();
  });

  it('can be stopped while it waits for a PostgreSQL that is suspended, and gives that up in the end', async () => {
    const dataDir = await aDataDir();
    const { child, exited, firstLine } = await startInChild(dataDir);
    await firstLine;
    const pid = await postmasterOf(dataDir);
    process.kill(pid, 'SIGSTOP');
    try {
      child.kill('SIGKILL');
      await exited;
      const first = startUntil(dataDir);
      await first.waits;
      first.stop();
      await expect(first.started).rejects.toMatchObject({ name: 'AbortError' });

      await expect(start(dataDir)).rejects.toMatchObject({
        name: 'DataFolderError',
        message:
          `PostgreSQL runs on ${dataDir}/postgres/data but does not answer; it may be suspended: ` +
          `let it go on (kill -CONT ${pid}), or end it (kill -KILL ${pid}), and start again.`,
      });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await eventually(() => start(dataDir));
    expect(await postmasterOf(dataDir)).toBe(pid);
  }, 60_000);
});
