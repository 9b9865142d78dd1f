import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeKeyText, parseKey } from '../../src/secret/encryption-key';
import { enrol } from '../support/enrol';
import { adminOf, openStage } from './stage';

jest.setTimeout(60_000);

const stage = openStage(afterEach);
const WARNING = 'secrets of agents cannot be opened';

it('The first start makes encryption.key for its owner alone, and the next one keeps it', async () => {
  const dataDir = stage.folder();
  const file = path.join(dataDir, 'encryption.key');
  const first = await stage.serve(dataDir);
  const made = statSync(file);
  expect(made.mode & 0o777).toBe(0o600);
  const text = readFileSync(file, 'utf8').trim();
  expect(parseKey(text)).not.toBeNull();
  await first.kill();

  const second = await stage.serve(dataDir);

  expect(statSync(file)).toMatchObject({ ino: made.ino, mtimeMs: made.mtimeMs });
  for (const server of [first, second]) {
    expect(server.output() + server.errors()).not.toContain(text);
    expect(server.output()).not.toContain(WARNING);
  }
});

it('A key that was lost is not made anew in silence: the start tells how many secrets need it, and is silent once it is back', async () => {
  const dataDir = stage.folder();
  const file = path.join(dataDir, 'encryption.key');
  const first = await stage.serve(dataDir);
  const text = readFileSync(file, 'utf8');
  const { id } = parseKey(text.trim())!;
  const { agentId } = await enrol(adminOf(first, dataDir));
  const database = await stage.connect(dataDir);
  await database.query(`INSERT INTO agent_secret VALUES ($1, 'password', $2, ''), ($1, 'tlsKey', $2, '')`, [
    agentId,
    id,
  ]);
  await first.kill();
  rmSync(file);

  const second = await stage.serve(dataDir);
  const told = JSON.parse(
    second
      .output()
      .split('\n')
      .find((line) => line.includes(WARNING))!,
  );
  expect(told).toMatchObject({
    level: 40,
    keyId: id,
    secrets: 2,
    ownKeyId: parseKey(readFileSync(file, 'utf8').trim())!.id,
  });
  await second.kill();

  writeFileSync(file, text, { mode: 0o600 });
  const third = await stage.serve(dataDir);
  expect(third.output()).not.toContain(WARNING);
});

it('A server with DATABASE_URL starts without a key, and makes none', async () => {
  const { url } = await stage.database();
  const dataDir = stage.folder();
  const server = await stage.serve(dataDir, { DATABASE_URL: url });
  expect(server.output()).not.toContain(WARNING);
  expect(() => statSync(path.join(dataDir, 'encryption.key'))).toThrow('ENOENT');
});

it('A given key is taken instead of that of the data folder', async () => {
  const dataDir = stage.folder();
  const file = path.join(stage.folder(), 'given.key');
  writeFileSync(file, makeKeyText(), { mode: 0o600 });
  await stage.serve(dataDir, { ROLLCALL_ENCRYPTION_KEY_FILE: file });
  expect(() => statSync(path.join(dataDir, 'encryption.key'))).toThrow('ENOENT');
});

it('A key file that others may read keeps the server from starting, with one sentence and before there is a database', async () => {
  const dataDir = stage.folder();
  const file = path.join(dataDir, 'given.key');
  writeFileSync(file, makeKeyText(), { mode: 0o644 });
  const environment = { ROLLCALL_DATA_DIR: dataDir, ROLLCALL_ENCRYPTION_KEY_FILE: file };
  const { code, output, errors } = await stage.run(['serve', '--port', '0'], environment);
  expect({ code, output }).toEqual({ code: 1, output: '' });
  expect(errors).toBe(
    `rollcall: encryption.key_file: ${file} cannot be used (others than its owner may use it): run "chmod 600 ${file}".\n`,
  );
  expect(() => statSync(path.join(dataDir, 'postgres'))).toThrow('ENOENT');
});

it('A kept key that is damaged keeps the server from starting, and stays as it is', async () => {
  const dataDir = stage.folder();
  const file = path.join(dataDir, 'encryption.key');
  const cut = makeKeyText().slice(0, 20);
  writeFileSync(file, cut, { mode: 0o600 });
  const { code, errors } = await stage.run(['serve', '--port', '0'], { ROLLCALL_DATA_DIR: dataDir });
  expect(code).toBe(1);
  expect(errors).toMatch(/^rollcall: The encryption key .*encryption\.key cannot be used \(it does not hold 32 bytes/);
  expect(errors).not.toContain(cut);
  expect(readFileSync(file, 'utf8')).toBe(cut);
});
