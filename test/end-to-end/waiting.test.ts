import { recoverSlowly, isAlive, postmasterOf, WAITING } from '../database/embedded/data-folders';
import { openStage } from './stage';

jest.setTimeout(60_000);

const stage = openStage(afterEach);

it('A server whose PostgreSQL takes long to recover says so, and can be stopped', async () => {
  const dataDir = stage.folder();
  await (await stage.serve(dataDir)).kill('SIGTERM');
  await recoverSlowly(dataDir);

  const server = stage.start(['serve', '--port', '0'], { ROLLCALL_DATA_DIR: dataDir });
  await server.says(new RegExp(WAITING));
  const postmaster = await postmasterOf(dataDir);

  await expect(server.kill('SIGTERM')).resolves.toBe(0);
  expect(server.errors()).toBe('');
  expect(isAlive(postmaster)).toBe(false);
});

it('A server whose PostgreSQL is suspended says that it waits, and can be stopped', async () => {
  const dataDir = stage.folder();
  const former = await stage.serve(dataDir);
  const postmaster = await postmasterOf(dataDir);
  process.kill(postmaster, 'SIGSTOP');
  stage.later(() => process.kill(postmaster, 'SIGCONT'));
  await former.kill('SIGKILL');

  const server = stage.start(['serve', '--port', '0'], { ROLLCALL_DATA_DIR: dataDir });
  await server.says(new RegExp(WAITING));

  await expect(server.kill('SIGTERM')).resolves.toBe(0);
  expect(server.errors()).toBe('');
  // It was not ours to stop.
  expect(isAlive(postmaster)).toBe(true);
});

it('"rollcall admin-key reset" can be stopped while it waits for PostgreSQL, and says what came of it', async () => {
  const dataDir = stage.folder();
  await (await stage.serve(dataDir)).kill('SIGTERM');
  await recoverSlowly(dataDir);

  const reset = stage.start(['admin-key', 'reset'], { ROLLCALL_DATA_DIR: dataDir });
  await reset.says(new RegExp(WAITING));

  await expect(reset.kill('SIGTERM')).resolves.toBe(1);
  expect(reset.errors()).toBe('rollcall: Stopped; the administrator key is the former one.\n');
});
