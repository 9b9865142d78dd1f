import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { isAlive, postmasterOf } from '../database/embedded/data-folders';
import { openStage } from './stage';

jest.setTimeout(60_000);

const stage = openStage(afterEach);

it('SIGTERM to "npm start" stops the server and its PostgreSQL, and npm ends when they have', async () => {
  const dataDir = stage.folder();
  const npm = spawn('npm', ['start'], {
    cwd: path.join(__dirname, '../..'),
    env: { ...process.env, ROLLCALL_DATA_DIR: dataDir, ROLLCALL_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  stage.later(() => npm.kill('SIGKILL'));
  let output = '';
  const server = await new Promise<number>((resolve, reject) => {
    npm.on('close', () => reject(new Error(output)));
    npm.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const pid = /"pid":(\d+),"msg":"Rollcall \S+ answers at/.exec(output)?.[1];
      if (pid !== undefined) resolve(Number(pid));
    });
  });
  stage.later(() => isAlive(server) && process.kill(server, 'SIGKILL'));
  const postmaster = await postmasterOf(dataDir);

  npm.kill('SIGTERM');
  await once(npm, 'close');

  expect(output).toContain('"stopped"');
  expect([isAlive(server), isAlive(postmaster)]).toEqual([false, false]);
});
