import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import path from 'node:path';
import { eventually, isAlive, postmasterOf } from '../database/embedded/data-folders';
import { dataOf, graphqlClient } from '../support/client';
import { issueToken, tryToRegister } from '../support/enrol';
import { adminOf, openStage } from './stage';

jest.setTimeout(60_000);

const stage = openStage(afterEach);

/** A server with the embedded PostgreSQL, whose process must be gone when the server is. */
async function startServer() {
  const dataDir = stage.folder();
  const server = await stage.serve(dataDir);
  return { dataDir, server, postmaster: await postmasterOf(dataDir) };
}

function expectNothingLeft(dataDir: string, postmaster: number): void {
  expect(isAlive(postmaster)).toBe(false);
  expect(existsSync(path.join(dataDir, 'postgres/data/postmaster.pid'))).toBe(false);
}

it('A request that runs when the server is told to stop is answered, a new one is not taken, and all ends with 0', async () => {
  const { dataDir, server, postmaster } = await startServer();
  const { secret, token } = await issueToken(adminOf(server, dataDir));
  const holder = await stage.connect(dataDir);
  await holder.query('BEGIN');
  await holder.query('SELECT FROM registration_token WHERE id = $1 FOR UPDATE', [token.id]);
  const running = tryToRegister(graphqlClient(server.url), secret, { node: { name: 'db-1' } });
  await eventually(async () => {
    const { rowCount } = await holder.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`);
    return rowCount === 1;
  });

  server.child.kill('SIGTERM');
  await server.says(/SIGTERM: stopping/);
  await eventually(() =>
    fetch(`${server.url}/healthz`).then(
      () => false,
      () => true,
    ),
  );
  await holder.query('ROLLBACK');

  expect(dataOf(await running).registerAgent.agentId).toEqual(expect.any(String));
  await expect(server.ended).resolves.toBe(0);
  expect(server.output()).toContain('"stopped"');
  // The connection that the answer went over is not waited for, though its client would use it again.
  expect(server.output()).not.toContain('are cut off');
  expectNothingLeft(dataDir, postmaster);
});

it('A request that does not come to its end is cut off in the end: it does not keep the server from stopping', async () => {
  const { dataDir, server, postmaster } = await startServer();
  const endless = connect(Number(new URL(server.url).port), '127.0.0.1');
  stage.later(() => endless.destroy());
  const cut = once(endless, 'close');
  endless.on('error', () => undefined);
  endless.write('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{');
  // The server has read what there is of the request when it answers one that was sent later.
  await fetch(`${server.url}/healthz`);

  await expect(server.kill('SIGTERM')).resolves.toBe(0);

  await cut;
  expect(server.output()).toContain('requests that did not finish within 10 s are cut off');
  expectNothingLeft(dataDir, postmaster);
});

it('A second signal, a while after the first, ends a server that is still stopping at once', async () => {
  const { server } = await startServer();
  const endless = connect(Number(new URL(server.url).port), '127.0.0.1');
  stage.later(() => endless.destroy());
  endless.on('error', () => undefined);
  endless.write('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{');
  await fetch(`${server.url}/healthz`);
  server.child.kill('SIGTERM');
  await server.says(/SIGTERM: stopping/);

  // Those of the first second count as one with the first.
  await eventually(async () => {
    server.child.kill('SIGTERM');
    return server.child.signalCode !== null;
  });
  await expect(server.ended).resolves.toBe('SIGTERM');
});

it('A signal that arrives twice, as Ctrl-C does under npm, stops the server in good order', async () => {
  const { dataDir, server, postmaster } = await startServer();
  server.child.kill('SIGINT');
  server.child.kill('SIGINT');
  await server.says(/SIGINT: stopping/);
  server.child.kill('SIGINT');
  await expect(server.ended).resolves.toBe(0);
  expectNothingLeft(dataDir, postmaster);
});

it('SIGHUP does not end a server without a terminal, so that nohup can be used', async () => {
  const { server } = await startServer();
  server.child.kill('SIGHUP');
  await expect(fetch(`${server.url}/healthz`)).resolves.toMatchObject({ status: 200 });
  await expect(server.kill('SIGTERM')).resolves.toBe(0);
  expect(server.output()).not.toContain('SIGHUP');
});

it('A server that waits for its database can be stopped, too', async () => {
  const environment = { ROLLCALL_DATA_DIR: stage.folder(), DATABASE_URL: 'postgres://u@127.0.0.1:1/d' };
  const server = stage.start(['serve', '--port', '0'], environment);
  await server.says(/the database does not answer/);
  await expect(server.kill('SIGTERM')).resolves.toBe(0);
});
