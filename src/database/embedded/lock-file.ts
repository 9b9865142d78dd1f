import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { readAccountFile, removeAccountFiles } from './account-folder';
import type { DataFolder } from './data-folder';
import { socketPath } from './socket-folder';

const run = promisify(execFile);

/**
 * The process id of the postmaster of this data folder, by its lock files; null when none runs. Line 1 of a lock file is the
 * process, line 2 the data directory (PostgreSQL's miscadmin.h); the number may be another process's by now, so it is asked what it runs.
 */
export async function runningPostmaster(folder: DataFolder, socketFolder: string): Promise<number | null> {
  for (const file of lockFiles(folder, socketFolder)) {
    const [pid, data] = (await readAccountFile(file, folder.account).catch(() => '')).split('\n');
    if (data === folder.data && (await runsCluster(Number(pid), folder))) return Number(pid);
  }
  return null;
}

/** Whether the process is a postmaster of this data folder; it goes on for a moment after its lock files are gone. */
export async function runsCluster(pid: number, folder: DataFolder): Promise<boolean> {
  return (await commandLine(pid)).includes(folder.data);
}

/**
 * Removes the lock files of a postmaster that is no more. PostgreSQL does it by itself unless a
 * process of the same account has that number now (a container numbers its processes alike at each start) or its zombie is left.
 */
export async function removeStaleLockFiles(folder: DataFolder, socketFolder: string): Promise<void> {
  if (await runningPostmaster(folder, socketFolder)) return;
  await removeAccountFiles(lockFiles(folder, socketFolder), folder.account);
}

function lockFiles(folder: DataFolder, socketFolder: string): string[] {
  return [path.join(folder.data, 'postmaster.pid'), `${socketPath(socketFolder)}.lock`];
}

/** The command line of a process; empty when there is none, or only its zombie. */
async function commandLine(pid: number): Promise<string> {
  if (!(pid > 0)) return '';
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const listed = await run('/bin/ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return listed.stdout;
}
