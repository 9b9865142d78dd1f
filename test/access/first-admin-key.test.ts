import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import type { EntityManager } from 'typeorm';
import { stageAdminKeyFile } from '../../src/access/admin-key-file';
import { ApiKey } from '../../src/access/api-key';
import { createKeyCache } from '../../src/access/key-cache';
import { authenticate, findKeys } from '../../src/access/authentication';
import { CredentialKind, hashSecret, makeCredential, parseCredential } from '../../src/access/credential';
import { isAdminKeyInUse, makeFirstAdminKey, resetAdminKey } from '../../src/access/first-admin-key';
import { Role } from '../../src/access/role';
import { coalesced } from '../../src/database/look-up';
import { migrate } from '../../src/database/migrate';
import { createLimits } from '../../src/rate-limit/limits';
import { StartFailure } from '../../src/start-failure';
import { createDatabase, type TestDatabase } from '../support/database';
import { temporaryFolder } from '../support/process';
import { issueKey, testConfig } from '../support/server';

let database: TestDatabase;
let db: EntityManager;
let folder: ReturnType<typeof temporaryFolder>;
let file: string;

beforeAll(async () => {
  database = await createDatabase();
  db = database.dataSource.manager;
});

afterAll(() => database.drop());

beforeEach(async () => {
  // As a replica: the audit trail refuses to be emptied.
  await db.transaction(async (tx) => {
    await tx.query('SET LOCAL session_replication_role = replica');
    await tx.query('TRUNCATE api_key, audit_event CASCADE');
  });
  folder = temporaryFolder();
  file = path.join(folder.path, 'data', 'admin.key');
});

afterEach(() => folder.remove());

describe('the first ADMIN key', () => {
  test('is made once: its text alone is in the file, its hash in the database', async () => {
    const made = await makeFirstAdminKey(db, file);
    const { kind, publicId, secret } = parseCredential(made!.text)!;
    expect(kind).toBe(CredentialKind.USER_KEY);
    expect(readFileSync(file, 'utf8')).toBe(`${made!.text}\n`);
    expect(await db.find(ApiKey)).toMatchObject([
      { publicId, secretHash: hashSecret(secret), role: 'ADMIN', expiresAt: null, bootstrap: true },
    ]);
    expect(await caller(made!.text)).toMatchObject({ role: 'ADMIN' });
    expect(await audited()).toEqual([{ action: 'api_key.bootstrap', actor_name: 'rollcall', outcome: 'SUCCEEDED' }]);
    expect(await makeFirstAdminKey(db, file)).toBeNull();
    expect(await db.count(ApiKey)).toBe(1);
  });

  test('is for its owner alone to read, and nothing is left beside it', async () => {
    const mask = process.umask(0);
    await makeFirstAdminKey(db, file).finally(() => process.umask(mask));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(path.dirname(file))).toEqual(['admin.key']);
  });

  test('is one when two servers start at once', async () => {
    const starts = await Promise.all(
      [1, 2, 3].map(() => migrate(database.dataSource, (locked) => makeFirstAdminKey(locked, file))),
    );
    expect(starts.filter((made) => made !== null)).toHaveLength(1);
    expect(await db.count(ApiKey)).toBe(1);
    expect(await caller(readFileSync(file, 'utf8').trim())).toMatchObject({ role: 'ADMIN' });
  });

  test('is not made again when every ADMIN key has ended: that is what the reset is for', async () => {
    const made = await makeFirstAdminKey(db, file);
    await endEveryKey();
    expect(await makeFirstAdminKey(db, file)).toBeNull();
    expect(await isAdminKeyInUse(db)).toBe(false);
    await expect(caller(made!.text)).rejects.toMatchObject({ details: { reason: 'KEY_REVOKED' } });
  });

  test('is made although there are keys of other roles', async () => {
    await issueKey(database.dataSource, Role.EDITOR);
    expect(await makeFirstAdminKey(db, file)).not.toBeNull();
  });

  test('is the good key that is in the file already', async () => {
    const { text } = makeCredential(CredentialKind.USER_KEY);
    write(`  ${text}\r\n`);
    expect(await makeFirstAdminKey(db, file)).toEqual({ text, file });
    expect(await caller(text)).toMatchObject({ role: 'ADMIN' });
  });

  test.each([
    ['nothing', ''],
    ['other text', 'hunter2-is-no-key\n'],
    ['a mangled key', makeCredential(CredentialKind.USER_KEY).text.slice(0, -1)],
    ['an agent’s key', makeCredential(CredentialKind.AGENT_KEY).text],
    ['two keys', `${makeCredential(CredentialKind.USER_KEY).text}\n${makeCredential(CredentialKind.USER_KEY).text}\n`],
  ])('is refused when the file holds %s, which stays as it is and is not repeated', async (_, text) => {
    write(text);
    const failure = await makeFirstAdminKey(db, file).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StartFailure);
    expect((failure as Error).message).toBe(
      `The file ${file} holds no API key: remove it, or set ROLLCALL_ADMIN_KEY_FILE to another file.`,
    );
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(await db.count(ApiKey)).toBe(0);
  });

  test('is refused with the reason when the file cannot be read', async () => {
    mkdirSync(file, { recursive: true });
    await expect(makeFirstAdminKey(db, file)).rejects.toThrow(/cannot be read \(EISDIR\): correct its mode or owner/);
  });

  test('that a crash left in the file before it was committed is taken by the next start', async () => {
    await withoutAudit(() => expect(makeFirstAdminKey(db, file)).rejects.toThrow('audit_event'));
    const left = readFileSync(file, 'utf8').trim();
    expect(await db.count(ApiKey)).toBe(0);
    expect(await makeFirstAdminKey(db, file)).toEqual({ text: left, file });
    expect(await caller(left)).toMatchObject({ role: 'ADMIN' });
  });

  test('is a new one when a crash came before the file was in its place', async () => {
    await stageAdminKeyFile(file, makeCredential(CredentialKind.USER_KEY).text);
    expect(existsSync(file)).toBe(false);
    const made = await makeFirstAdminKey(db, file);
    expect(await caller(readFileSync(file, 'utf8').trim())).toMatchObject({
      publicId: parseCredential(made!.text)!.publicId,
    });
  });
});

describe('the reset', () => {
  test('ends the first key and writes a new one to the file', async () => {
    const first = await makeFirstAdminKey(db, file);
    const second = await resetAdminKey(db, file);
    expect(readFileSync(file, 'utf8')).toBe(`${second.text}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await expect(caller(first!.text)).rejects.toMatchObject({ details: { reason: 'KEY_REVOKED' } });
    expect(await caller(second.text)).toMatchObject({ role: 'ADMIN' });
    expect(await audited()).toContainEqual({ action: 'api_key.reset', actor_name: 'rollcall', outcome: 'SUCCEEDED' });
  });

  test('ends the key of the last reset, and no key that somebody was given', async () => {
    await makeFirstAdminKey(db, file);
    const given = [await issueKey(database.dataSource, Role.ADMIN), await issueKey(database.dataSource, Role.VIEWER)];
    const second = await resetAdminKey(db, file);
    const third = await resetAdminKey(db, file);
    await expect(caller(second.text)).rejects.toMatchObject({ details: { reason: 'KEY_REVOKED' } });
    for (const key of [...given, third.text]) expect(await caller(key)).not.toBeNull();
    expect(await isAdminKeyInUse(db)).toBe(true);
    const [told] = await database.query<{ changes: unknown }>(
      `SELECT changes FROM audit_event WHERE action = 'api_key.reset' ORDER BY at DESC LIMIT 1`,
    );
    const [before, after] = [second, third].map(({ text }) => parseCredential(text)!.publicId);
    expect(told!.changes).toEqual([{ field: 'apiKey', before, after }]);
  });

  test('works with no key left, and over a file that holds something else', async () => {
    await makeFirstAdminKey(db, file);
    await endEveryKey();
    write('something else');
    const { text } = await resetAdminKey(db, file);
    expect(await caller(text)).toMatchObject({ role: 'ADMIN' });
    expect(readFileSync(file, 'utf8').trim()).toBe(text);
  });

  test('that fails leaves the former key good, and in its file', async () => {
    const first = await makeFirstAdminKey(db, file);
    await withoutAudit(() => expect(resetAdminKey(db, file)).rejects.toThrow('audit_event'));
    expect(readFileSync(file, 'utf8').trim()).toBe(first!.text);
    expect(await caller(first!.text)).toMatchObject({ role: 'ADMIN' });
  });

  test('twice at once leaves one key of its kind', async () => {
    await makeFirstAdminKey(db, file);
    await Promise.all([1, 2].map(() => migrate(database.dataSource, (locked) => resetAdminKey(locked, file))));
    const live = await database.query('SELECT FROM api_key WHERE revoked_at IS NULL');
    expect(live).toHaveLength(1);
    expect(await caller(readFileSync(file, 'utf8').trim())).toMatchObject({ role: 'ADMIN' });
  });
});

const nothing = () => undefined;

function caller(key: string) {
  const refusals = { note: nothing, flush: async () => undefined };
  const keyCache = createKeyCache(() => false);
  const log = pino({ level: 'silent' });
  const request = {
    db,
    keyCache,
    refusals,
    remoteAddress: '127.0.0.1',
    cut: nothing,
    limits: createLimits(db, testConfig().limits),
    requestId: 'test',
    log,
    findKey: coalesced((publicIds) => findKeys(db, publicIds)),
    keyUse: { note: nothing },
  };
  return authenticate(request, `Bearer ${key}`);
}

function write(text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: 0o600 });
}

function endEveryKey(): Promise<unknown> {
  return database.query(`UPDATE api_key SET revoked_at = clock_timestamp(), ended_by = 'KEY_REVOKED'`);
}

/** Lets every transaction fail late, where it writes its audit row. */
async function withoutAudit(attempt: () => Promise<unknown>): Promise<void> {
  await database.query('ALTER TABLE audit_event RENAME TO audit_event_away');
  await attempt();
  await database.query('ALTER TABLE audit_event_away RENAME TO audit_event');
}

function audited(): Promise<unknown[]> {
  return database.query('SELECT action, actor_name, outcome FROM audit_event ORDER BY at');
}
