import type { EntityManager } from 'typeorm';
import { pino } from 'pino';
import { startKeyUse } from '../../src/access/key-use';
import { Role } from '../../src/access/role';
import { eventually } from '../database/embedded/data-folders';
import { issueKey, startServer, type TestServer } from '../support/server';
import { presented, publicIdOf } from './key-requests';

jest.setTimeout(30_000);

let server: TestServer;
let db: EntityManager;
beforeEach(async () => {
  server = await startServer();
  db = server.database.dataSource.manager;
});
afterEach(() => server.stop());

test('the last use of a key is written while the server runs, and told', async () => {
  const { id } = await freshKey();
  const query = 'query ($id: ID!) { apiKey(id: $id) { lastUsedAt createdAt } }';
  expect((await server.admin(query, { id })).data.apiKey.lastUsedAt).toBeNull();
  expect(await presented(server, server.keys.VIEWER)).toBe('VIEWER');
  const own = (await idOf(server.keys.VIEWER)).id;
  await eventually(async () => (await server.admin(query, { id: own })).data.apiKey.lastUsedAt !== null);
  expect((await server.admin(query, { id })).data.apiKey.lastUsedAt).toBeNull();
});

test('the last use of a key is written when the server stops, and of none that was not used', async () => {
  const { id: unused } = await freshKey();
  for (let count = 0; count < 3; count++) await presented(server, server.keys.VIEWER);
  const { id: used } = await idOf(server.keys.VIEWER);
  await server.app.close();
  expect([await lastUse(used), await lastUse(unused)]).toEqual([expect.any(Date), null]);
});

test('a use that is refused is none', async () => {
  const { id, key } = await freshKey();
  await server.database.query(`UPDATE api_key SET expires_at = clock_timestamp() WHERE id = $1`, [id]);
  expect(await presented(server, key)).toBe('KEY_EXPIRED');
  await server.app.close();
  expect(await lastUse(id)).toBeNull();
});

test('uses within a minute of a use that was written are not written', async () => {
  const [first, second] = [await freshKey(), await freshKey()];
  const keyUse = startKeyUse(db, pino({ level: 'silent' }));
  keyUse.note(first.id);
  await keyUse.stop();
  expect(await lastUse(first.id)).toEqual(expect.any(Date));
  await server.database.query('UPDATE api_key SET last_used_at = NULL');
  keyUse.note(first.id);
  keyUse.note(second.id);
  await keyUse.stop();
  expect([await lastUse(first.id), await lastUse(second.id)]).toEqual([null, expect.any(Date)]);
});

test('a key that somebody holds is left out, without a wait, until next time', async () => {
  const [held, free] = [await freshKey(), await freshKey()];
  const holder = await server.database.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM api_key WHERE id = $1 FOR UPDATE', [held.id]);
  const keyUse = startKeyUse(db, pino({ level: 'silent' }));
  for (const { id } of [held, free]) keyUse.note(id);
  await keyUse.stop();
  expect([await lastUse(held.id), await lastUse(free.id)]).toEqual([null, expect.any(Date)]);
  await holder.query('ROLLBACK');
  await keyUse.stop();
  expect(await lastUse(held.id)).toEqual(expect.any(Date));
});

test('a failure to write it fails no request and not the stop, and the log has it', async () => {
  await server.database.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'no last use today'; END $$`);
  await server.database.query(
    'CREATE TRIGGER refuse BEFORE UPDATE OF last_used_at ON api_key FOR EACH ROW EXECUTE FUNCTION refuse()',
  );
  expect(await presented(server, server.keys.VIEWER)).toBe('VIEWER');
  await server.app.close();
  expect(server.log.filter((line) => line.includes('no last use today'))).toHaveLength(1);
  expect(await lastUse((await idOf(server.keys.VIEWER)).id)).toBeNull();
});

async function freshKey(): Promise<{ id: string; key: string }> {
  const key = await issueKey(server.database.dataSource, Role.VIEWER);
  return { ...(await idOf(key)), key };
}

async function idOf(key: string): Promise<{ id: string }> {
  const [row] = await server.database.query<{ id: string }>('SELECT id FROM api_key WHERE public_id = $1', [
    publicIdOf(key),
  ]);
  return row!;
}

async function lastUse(id: string): Promise<Date | null> {
  const [row] = await server.database.query<{ at: Date | null }>(
    'SELECT last_used_at AS at FROM api_key WHERE id = $1',
    [id],
  );
  return row!.at;
}
