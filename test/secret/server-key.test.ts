import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { makeKeyText, parseKey } from '../../src/secret/encryption-key';
import { givenKey, keptKey, serverKey } from '../../src/secret/server-key';
import { createSecrets } from '../../src/secret/secrets';
import { StartFailure } from '../../src/start-failure';
import { createDatabase, type TestDatabase } from '../support/database';
import { makeHostAgent, makeNode } from '../support/inventory';
import { temporaryFolder } from '../support/process';

const CONTENT = 'it does not hold 32 bytes in base64 or hexadecimal digits';
const OTHERS = 'others than its owner may use it';

let folder: ReturnType<typeof temporaryFolder>;
let file: string;
beforeEach(() => {
  folder = temporaryFolder();
  file = path.join(folder.path, 'encryption.key');
});
afterEach(() => folder.remove());

/** The same files are good and bad in both places. */
describe.each([
  {
    where: 'the file of the setting',
    read: () => givenKey({ encryption: { keyFile: file } }),
    name: 'encryption.key_file:',
    remedy:
      'set ROLLCALL_ENCRYPTION_KEY_FILE to the file of your key; a new one is made by "umask 077; openssl rand -base64 32 > FILE"',
  },
  {
    where: 'the file of the data folder',
    read: () => keptKey(folder.path),
    name: 'The encryption key',
    remedy:
      'put it back from a backup, or move it aside to begin with a new one, and set the secrets of all agents anew',
  },
])('$where', ({ read, name, remedy }) => {
  test.each([
    ['base64', makeKeyText()],
    ['base64 and a line feed', `${makeKeyText()}\n`],
    ['hexadecimal digits between blanks', `  ${'5e'.repeat(32)}\r\n`],
  ])('may hold the key in %s', async (_, text) => {
    write(text);
    expect((await read())!.id).toBe(parseKey(text.trim())!.id);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test.each([0o600, 0o400])('may have the mode %o', async (mode) => {
    write(makeKeyText(), mode);
    expect(await read()).not.toBeNull();
  });

  test.each([0o640, 0o604, 0o620, 0o602, 0o644, 0o660])('that others may use (%o) is refused', async (mode) => {
    write(makeKeyText(), mode);
    expect(await refusal(read)).toBe(
      `StartFailure: ${name} ${file} cannot be used (${OTHERS}): run "chmod 600 ${file}".`,
    );
  });

  test('may be a link, as those are that containers are given', async () => {
    const text = makeKeyText();
    writeFileSync(path.join(folder.path, 'target'), text, { mode: 0o600 });
    symlinkSync('target', file);
    expect((await read())!.id).toBe(parseKey(text)!.id);
  });

  test.each([
    ['nothing', ''],
    ['a key that was cut', makeKeyText().slice(0, 30)],
    ['31 bytes', Buffer.alloc(31, 7).toString('base64')],
    ['bytes that are no text', 'hunter2\u0000\u0001'],
    ['two keys', `${makeKeyText()}\n${makeKeyText()}\n`],
    ['far too much', `${makeKeyText()}${' '.repeat(1000)}`],
  ])('that holds %s is refused and left as it is, and its text is not repeated', async (_, text) => {
    write(text);
    expect(await refusal(read)).toBe(`StartFailure: ${name} ${file} cannot be used (${CONTENT}): ${remedy}.`);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test.each([
    ['a folder', () => mkdirSync(file)],
    ['a pipe that nobody writes to', () => execFileSync('mkfifo', ['-m', '600', file])],
  ])('that is %s is refused', async (_, make) => {
    make();
    expect(await refusal(read)).toBe(`StartFailure: ${name} ${file} cannot be used (it is no file): ${remedy}.`);
  });
});

describe('the file of the setting', () => {
  test('that is not there is refused with how to make one, and not made', async () => {
    expect(await refusal(() => givenKey({ encryption: { keyFile: file } }))).toBe(
      `StartFailure: encryption.key_file: There is no file ${file}: set ROLLCALL_ENCRYPTION_KEY_FILE to the file of your key; ` +
        'a new one is made by "umask 077; openssl rand -base64 32 > FILE".',
    );
    expect(existsSync(file)).toBe(false);
  });

  test('is made by the command that the refusal tells', async () => {
    execFileSync('/bin/sh', ['-c', `umask 077; openssl rand -base64 32 > ${file}`]);
    expect(await givenKey({ encryption: { keyFile: file } })).not.toBeNull();
  });
});

describe('the key of the data folder', () => {
  test('is made once, for its owner alone to read, and nothing is left beside it', async () => {
    const mask = process.umask(0);
    const made = await keptKey(folder.path).finally(() => process.umask(mask));
    const { ino, mode } = statSync(file);
    expect(mode & 0o777).toBe(0o600);
    expect(parseKey(readFileSync(file, 'utf8').trim())!.id).toBe(made.id);
    expect((await keptKey(folder.path)).id).toBe(made.id);
    expect(statSync(file).ino).toBe(ino);
    expect(readdirSync(folder.path)).toEqual(['encryption.key']);
  });

  test('is one however many starts make it at once', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => keptKey(folder.path)));
    expect(new Set(keys.map(({ id }) => id)).size).toBe(1);
    expect((await keptKey(folder.path)).id).toBe(keys[0]!.id);
    expect(readdirSync(folder.path)).toEqual(['encryption.key']);
  });

  test('takes the place of nothing: a link that leads nowhere, to a folder that is not mounted yet, is refused and stays', async () => {
    symlinkSync('absent/encryption.key', file);
    expect(await refusal(() => keptKey(folder.path))).toBe(
      `StartFailure: The encryption key ${file} cannot be used (it is a link that leads nowhere): put it back from a backup, ` +
        'or move it aside to begin with a new one, and set the secrets of all agents anew.',
    );
    expect(readlinkSync(file)).toBe('absent/encryption.key');
  });

  test('that cannot be written is a fault with the reason', async () => {
    expect(await refusal(() => keptKey(path.join(folder.path, 'absent')))).toBe(
      `StartFailure: The encryption key cannot be written to ${path.join(folder.path, 'absent/encryption.key')} (ENOENT): ` +
        'let this account write there, or set ROLLCALL_ENCRYPTION_KEY_FILE to the file of a key.',
    );
  });
});

describe('the key of a server', () => {
  const given = parseKey(makeKeyText())!;
  const former = parseKey(makeKeyText())!;
  const url = 'postgres://elsewhere/roll';
  let database: TestDatabase;
  let warnings: object[];
  beforeAll(async () => (database = await createDatabase()));
  afterAll(() => database.drop());
  beforeEach(() => (warnings = []));

  const keyOf = (databaseUrl: string | null, key: typeof given | null) =>
    serverKey(
      database.dataSource.manager,
      {
        dataDir: folder.path,
        database: { url: databaseUrl, poolSize: 1, startTimeoutSeconds: 1, statementTimeoutSeconds: 1 },
      },
      key,
      { warn: (facts: object) => void warnings.push(facts) },
    );

  test.each([null, url])('is the given one, and none is made (DATABASE_URL: %s)', async (databaseUrl) => {
    expect(await keyOf(databaseUrl, given)).toBe(given);
    expect(existsSync(file)).toBe(false);
  });

  test('is, when none is given, that of the data folder with the embedded database', async () => {
    const found = await keyOf(null, null);
    expect(found!.id).toBe((await keptKey(folder.path)).id);
    expect(warnings).toEqual([]);
  });

  test('is, when none is given, none with another database, and none is made', async () => {
    expect(await keyOf(url, null)).toBeNull();
    expect(existsSync(file)).toBe(false);
    expect(warnings).toEqual([]);
  });

  test('that does not open what is stored is told at start, with the number of secrets by their key', async () => {
    const agent = await makeHostAgent(database, await makeNode(database));
    await database.dataSource.transaction(async (tx) => {
      await createSecrets(former).storeSecrets(tx, agent, { password: 'hunter2', tlsKey: 'hunter3' });
      await createSecrets(given).storeSecrets(tx, agent, { clientSecret: 'hunter4' });
    });
    await keyOf(url, given);
    expect(warnings.splice(0)).toEqual([{ keyId: former.id, secrets: 2, ownKeyId: given.id }]);
    await keyOf(url, null);
    const lost = [
      { keyId: former.id, secrets: 2, ownKeyId: null },
      { keyId: given.id, secrets: 1, ownKeyId: null },
    ].toSorted((one, other) => (one.keyId < other.keyId ? -1 : 1));
    expect(warnings.splice(0)).toEqual(lost);
    const made = await keyOf(null, null);
    expect(warnings).toEqual(lost.map((warning) => ({ ...warning, ownKeyId: made!.id })));
  });
});

function write(text: string, mode = 0o600): void {
  const mask = process.umask(0);
  writeFileSync(file, text, { mode });
  process.umask(mask);
}

/** What the attempt is refused with: the class and the words. */
async function refusal(attempt: () => Promise<unknown>): Promise<string> {
  const failure = await attempt().catch((error: unknown) => error);
  return failure instanceof StartFailure ? `StartFailure: ${failure.message}` : String(failure);
}
