import { lstat } from 'node:fs/promises';
import { borrowEmbeddedPostgres } from '../../src/database/embedded/embedded-postgres';
import {
  aDataDir,
  aStoppedDataDir,
  cleanUp,
  isAlive,
  keptLog,
  postmasterOf,
  query,
  start,
} from './embedded/data-folders';

afterEach(cleanUp);

const borrow = (dataDir: string) => borrowEmbeddedPostgres({ dataDir, log: keptLog() });

describe('a command that borrows the embedded PostgreSQL', () => {
  it('works beside the server, and leaves it running', async () => {
    const dataDir = await aDataDir();
    const server = await start(dataDir);
    const borrowed = await borrow(dataDir);
    expect(await query(borrowed.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await borrowed.stop();
    expect(await query(server.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('starts it when no server runs, and stops it again', async () => {
    const dataDir = await aStoppedDataDir();
    const borrowed = await borrow(dataDir);
    expect(await query(borrowed.connection, 'SELECT value FROM kept')).toEqual([{ value: 'a row' }]);
    const pid = await postmasterOf(dataDir);
    await borrowed.stop();
    expect(isAlive(pid)).toBe(false);
  });

  it('leaves what it started to a server that came meanwhile', async () => {
    const dataDir = await aStoppedDataDir();
    const borrowed = await borrow(dataDir);
    const pid = await postmasterOf(dataDir);
    const server = await start(dataDir);
    await borrowed.stop();
    expect(await query(server.connection, 'SELECT value FROM kept')).toEqual([{ value: 'a row' }]);
    expect(await postmasterOf(dataDir)).toBe(pid);
  });

  it('does not keep a server from starting while it stops what it started', async () => {
    const dataDir = await aStoppedDataDir();
    const borrowed = await borrow(dataDir);
    const [server] = await Promise.all([start(dataDir), borrowed.stop()]);
    expect(await query(server.connection, 'SELECT value FROM kept')).toEqual([{ value: 'a row' }]);
  });

  it('is told when the folder has no database, and makes nothing', async () => {
    const dataDir = await aDataDir();
    await expect(borrow(dataDir)).rejects.toMatchObject({
      name: 'DataFolderError',
      message: `There is no database in the data folder ${dataDir}: set ROLLCALL_DATA_DIR to the server's, or start the server once.`,
    });
    await expect(lstat(dataDir)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
