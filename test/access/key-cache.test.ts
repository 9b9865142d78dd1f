import type { Client } from 'pg';
import type { KeyRow } from '../../src/access/authentication';
import { CredentialKind, formatCredential, makeCredential, parseCredential } from '../../src/access/credential';
import { createKeyCache } from '../../src/access/key-cache';
import { Role } from '../../src/access/role';
import { eventually } from '../database/embedded/data-folders';
import { dataOf } from '../support/client';
import { statementsOf } from '../support/reader';
import { issueKey, startServer, type TestServer } from '../support/server';
import { issue, presented, publicIdOf, revoke, rotate } from './key-requests';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await untilTold();
});
afterAll(() => server.stop());

/** The server forgets all keys when it begins to be told of changes: waits until it has. */
async function untilTold(): Promise<void> {
  const echoed = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'rollcall listener'
    AND state = 'idle' AND query LIKE 'SELECT pg_notify%'`;
  await eventually(async () => (await server.database.query(echoed)).length === 1);
  // Announcements come in their order: when this one has come, the first echo has.
  const key = await issueKey(server.database.dataSource, Role.VIEWER);
  await presented(server, key);
  await server.database.query(`UPDATE api_key SET role = 'EDITOR' WHERE public_id = $1`, [publicIdOf(key)]);
  await server.database.query(`SELECT pg_notify('rollcall_keys', $1)`, [publicIdOf(key)]);
  await eventually(async () => (await presented(server, key)) === 'EDITOR');
}

/** How many times keys were looked up during an action. */
async function lookUps(action: () => Promise<unknown>): Promise<number> {
  const statements = await statementsOf(server.database, action);
  return statements.filter((statement) => statement.includes('AS ms_left')).length;
}

describe('what is remembered', () => {
  test('is a good key: it is looked up once for many requests', async () => {
    const key = await issueKey(server.database.dataSource, Role.VIEWER);
    expect(await lookUps(() => presented(server, key))).toBe(1);
    const further = async () => {
      for (let count = 0; count < 20; count++) expect(await presented(server, key)).toBe('VIEWER');
    };
    expect(await lookUps(further)).toBe(0);
  });

  test('answers for the right secret alone: a wrong one costs a look-up, as an unknown key does', async () => {
    const key = await issueKey(server.database.dataSource, Role.VIEWER);
    await presented(server, key);
    const stranger = makeCredential(CredentialKind.USER_KEY);
    const wrong = formatCredential({ ...parseCredential(key)!, secret: stranger.credential.secret });
    for (const presentedKey of [wrong, stranger.text])
      expect(await lookUps(() => presented(server, presentedKey))).toBe(1);
    expect(await presented(server, key)).toBe('VIEWER');
  });

  test('is nothing of a key that has ended', async () => {
    const key = await issueKey(server.database.dataSource, Role.VIEWER, new Date(0));
    expect(await lookUps(() => presented(server, key))).toBe(1);
    expect(await lookUps(() => presented(server, key))).toBe(1);
  });

  test('is forgotten by a revocation and by a rotation', async () => {
    const [revoked, rotated] = [await issue(server.admin), await issue(server.admin)];
    for (const { secret } of [revoked, rotated]) expect(await presented(server, secret)).toBe('VIEWER');
    dataOf(await revoke(server.admin, revoked.apiKey.id));
    await rotate(server.admin, rotated.apiKey.id);
    expect(await presented(server, revoked.secret)).toBe('KEY_REVOKED');
    expect(await presented(server, rotated.secret)).toBe('KEY_ROTATED');
  });

  test('is forgotten by an announcement of another server, and by none that was rolled back', async () => {
    const key = await issueKey(server.database.dataSource, Role.VIEWER);
    await presented(server, key);
    const another = await server.database.connect();
    const end = async (last: string) => {
      await another.query('BEGIN');
      await another.query(`UPDATE api_key SET role = 'EDITOR' WHERE public_id = $1`, [publicIdOf(key)]);
      await another.query(`SELECT pg_notify('rollcall_keys', $1)`, [publicIdOf(key)]);
      await another.query(last);
    };
    await end('ROLLBACK');
    expect(await lookUps(() => presented(server, key))).toBe(0);
    await end('COMMIT');
    await eventually(async () => (await presented(server, key)) === 'EDITOR');
  });
});

describe('a look-up in flight during the revocation', () => {
  const TURNSTILE = 4711;
  let holder: Client;

  beforeAll(async () => {
    holder = await server.database.connect();
    // Look-ups of held keys have read their row when they wait for the lock: what they give is what was before.
    await server.database.query('CREATE TABLE held_key (public_id text)');
    await server.database.query(`CREATE FUNCTION wait_when_held(key text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
      IF current_query() LIKE '%AS ms_left%' AND EXISTS (SELECT FROM held_key WHERE public_id = key) THEN
        PERFORM pg_advisory_xact_lock_shared(${TURNSTILE});
      END IF;
      RETURN true;
    END $$`);
    await server.database.query('ALTER TABLE api_key RENAME TO api_key_table');
    await server.database.query('CREATE VIEW api_key AS SELECT * FROM api_key_table WHERE wait_when_held(public_id)');
  });

  afterAll(async () => {
    await server.database.query('DROP VIEW api_key');
    await server.database.query('ALTER TABLE api_key_table RENAME TO api_key');
  });

  test('answers its own request, and is not remembered', async () => {
    const { apiKey, secret } = await issue(server.admin);
    await server.database.query('INSERT INTO held_key (public_id) VALUES ($1)', [apiKey.publicId]);
    await holder.query('SELECT pg_advisory_lock($1)', [TURNSTILE]);
    const late = presented(server, secret);
    await eventually(async () => (await waiting()) === 1);
    dataOf(await revoke(server.admin, apiKey.id));
    await holder.query('SELECT pg_advisory_unlock($1)', [TURNSTILE]);
    expect(await late).toBe('VIEWER');
    expect(await presented(server, secret)).toBe('KEY_REVOKED');
  });

  async function waiting(): Promise<number> {
    const [row] = await server.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = ${TURNSTILE}`,
    );
    return row!.count;
  }
});

const ROW: KeyRow = {
  id: '',
  public_id: 'key',
  name: '',
  role: Role.VIEWER,
  agent_id: null,
  enrolment: null,
  secret_hash: Buffer.alloc(32),
  ended_by: null,
  expired: false,
  ms_left: null,
  first_use: false,
  rotated_from_id: null,
  misuse_told: false,
};

describe('the cache itself', () => {
  test.each([
    ['the eviction of the key', (cache: ReturnType<typeof createKeyCache>) => cache.evict(['key'])],
    ['the eviction of another key', (cache: ReturnType<typeof createKeyCache>) => cache.evict(['another'])],
    ['the eviction of all', (cache: ReturnType<typeof createKeyCache>) => cache.evictAll()],
  ])('does not remember a look-up that was begun before %s', async (_, evict) => {
    const cache = createKeyCache(() => true);
    let asked = 0;
    const inFlight = cache.find('key', always, async () => (evict(cache), ROW));
    expect(await inFlight).toBe(ROW);
    const find = () => cache.find('key', always, async () => (asked++, ROW));
    await find();
    await find();
    expect(asked).toBe(1);
  });

  test.each([
    ['has ended', { ended_by: 'KEY_REVOKED' as KeyRow['ended_by'] }],
    ['has expired', { expired: true }],
    ['has no time left', { ms_left: 0 }],
  ])('does not remember a key that %s', async (_, part) => {
    const cache = createKeyCache(() => true);
    let asked = 0;
    for (let count = 0; count < 3; count++) await cache.find('key', always, async () => (asked++, { ...ROW, ...part }));
    expect(asked).toBe(3);
  });
});

describe('that a key was good', () => {
  const good = (cache: ReturnType<typeof createKeyCache>) => cache.find('key', always, async () => ROW);

  test.each([
    ['until the cache is emptied, and after it', (cache: ReturnType<typeof createKeyCache>) => cache.evictAll(), true],
    ['until it has changed', (cache: ReturnType<typeof createKeyCache>) => cache.evict(['key']), false],
    [
      'until another has changed, and after it',
      (cache: ReturnType<typeof createKeyCache>) => cache.evict(['other']),
      true,
    ],
  ])('is remembered %s, for its secret alone', async (_, evict, remembered) => {
    const cache = createKeyCache(() => true);
    expect(cache.wasGood('key', always)).toBe(false);
    await good(cache);
    expect([cache.wasGood('key', always), cache.wasGood('key', () => false)]).toEqual([true, false]);
    evict(cache);
    expect(cache.wasGood('key', always)).toBe(remembered);
  });

  test.each([
    ['has ended', { ...ROW, ended_by: 'KEY_REVOKED' as KeyRow['ended_by'] }],
    ['has expired', { ...ROW, expired: true }],
    ['is gone', null],
  ])('is forgotten when a look-up says that it %s', async (_, row) => {
    const cache = createKeyCache(() => true);
    await good(cache);
    cache.evictAll();
    await cache.find('key', always, async () => row);
    expect(cache.wasGood('key', always)).toBe(false);
  });

  test('is remembered when its entry is believed no longer', async () => {
    const cache = createKeyCache(() => true);
    await cache.find('key', always, async () => ({ ...ROW, ms_left: 0 }));
    expect(cache.wasGood('key', always)).toBe(true);
  });
});

function always(): boolean {
  return true;
}

describe('an entry is believed', () => {
  const row = { ended_by: null, expired: false, ms_left: null } as KeyRow;
  afterEach(() => jest.useRealTimers());

  test.each([
    ['for 60 s while changes are told', true, 60_000],
    ['for 5 s while they are not', false, 5_000],
  ])('%s, and no longer', async (_, told, milliseconds) => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    const cache = createKeyCache(() => told);
    const lookUp = jest.fn(async () => row);
    const find = () => cache.find('publicId0000', () => true, lookUp);
    await find();
    jest.advanceTimersByTime(milliseconds - 1);
    await find();
    expect(lookUp).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(1);
    await find();
    expect(lookUp).toHaveBeenCalledTimes(2);
  });
});
