import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  aDataDir,
  aStoppedDataDir,
  cleanUp,
  eventually,
  isAlive,
  query,
  start,
  startInChild,
} from './embedded/data-folders';

afterEach(cleanUp);

/** The lock file of a postmaster that was killed, naming a process. */
async function leaveLockFile(dataDir: string, pid: number): Promise<void> {
  const data = path.join(dataDir, 'postgres/data');
  const socket = path.join(dataDir, 'postgres/socket');
  const { uid, gid } = await stat(data);
  const text = [pid, data, 1_700_000_000, 5432, socket, '', '  12345 0', 'ready   ', ''].join('\n');
  for (const file of [path.join(data, 'postmaster.pid'), path.join(socket, '.s.PGSQL.5432.lock')]) {
    await writeFile(file, text, { mode: 0o600 });
    await chown(file, uid, gid);
  }
}

/** A process that has nothing to do with PostgreSQL, of the account that the cluster belongs to. */
async function aBystander(dataDir: string) {
  const { uid, gid } = await stat(path.join(dataDir, 'postgres'));
  const child = spawn('/bin/sleep', ['300'], { uid, gid, stdio: 'ignore' });
  await once(child, 'spawn');
  return child;
}

describe('a start of the embedded PostgreSQL', () => {
  it('is not kept off by the lock file of a process that is gone', async () => {
    const dataDir = await aStoppedDataDir();
    const bystander = await aBystander(dataDir);
    bystander.kill();
    await once(bystander, 'exit');
    await leaveLockFile(dataDir, bystander.pid!);
    const { connection } = await start(dataDir);
    expect(await query(connection, 'SELECT value FROM kept')).toEqual([{ value: 'a row' }]);
  });

  it('is not kept off by a lock file whose number now is that of another process, and does not touch that one', async () => {
    const dataDir = await aStoppedDataDir();
    const bystander = await aBystander(dataDir);
    try {
      await leaveLockFile(dataDir, bystander.pid!);
      const server = await start(dataDir);
      expect(await query(server.connection, 'SELECT value FROM kept')).toEqual([{ value: 'a row' }]);
      await server.stop();
      expect(isAlive(bystander.pid!)).toBe(true);
    } finally {
      bystander.kill();
    }
  });

  it('clears away what a killed first start left unfinished', async () => {
    const dataDir = await aDataDir();
    const { child, exited } = await startInChild(dataDir);
    const inCluster = () => readdir(path.join(dataDir, 'postgres'));
    await eventually(async () => {
      const unfinished = (await inCluster()).find((name) => name.startsWith('data.new-'));
      return (await readdir(path.join(dataDir, 'postgres', unfinished!))).includes('global');
    });
    process.kill(-child.pid!, 'SIGKILL');
    await exited;
    expect(await inCluster()).not.toContain('data');

    const { connection } = await start(dataDir);
    expect(await query(connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect((await inCluster()).toSorted()).toEqual(['data', 'socket']);
    expect((await readdir(dataDir)).toSorted()).toEqual(['postgres', 'postgres.log', 'postgres.password']);
  });

  it('makes its cluster in an empty folder that somebody made for it', async () => {
    const dataDir = await aDataDir();
    await mkdir(dataDir, { mode: 0o755 });
    const { connection } = await start(dataDir);
    expect(await query(connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(((await stat(dataDir)).mode & 0o777).toString(8)).toBe('755');
  });
});
