import { createServer, type AddressInfo, type Server } from 'node:net';
import { waitForDatabase } from '../../src/database/wait';
import { StartFailure } from '../../src/start-failure';
import { createDatabase, type TestDatabase } from '../support/database';

let database: TestDatabase;
beforeAll(async () => void (database = await createDatabase()));
afterAll(() => database.drop());

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

/** What the operator is told of a database that is not usable. */
async function refusal(url: string): Promise<string> {
  const told: unknown = await waitForDatabase(url, 1, { warn: () => undefined }, new AbortController().signal).catch(
    (error: unknown) => error,
  );
  if (!(told instanceof StartFailure)) throw new Error('It was not refused as the operator should be told.');
  expect(told.message).not.toContain('\n');
  return told.message;
}

/** The same database for another user, or another database. */
function urlWith(change: (url: string) => string): string {
  const changed = change(database.url);
  expect(changed).not.toBe(database.url);
  return changed;
}

/** A role that goes with the database's own. */
async function aRole(attributes: string): Promise<{ name: string; url: string }> {
  const name = `${database.place.database}_${attributes.toLowerCase()}`;
  await database.query(`CREATE ROLE ${name} ${attributes} PASSWORD 'hidden'`);
  return { name, url: urlWith((url) => url.replace(/\/\/[^@]*@/, `//${name}:hidden@`)) };
}

describe('what the operator is told of the database of DATABASE_URL', () => {
  it('when the password is wrong', async () => {
    expect(await refusal(urlWith((url) => url.replace(/:[^:@]*@/, ':wrong-one@')))).toBe(
      'The database of DATABASE_URL refuses (password authentication failed for user "rollcall"): ' +
        'correct the user and the password in DATABASE_URL.',
    );
  });

  it('when there is no such database', async () => {
    expect(await refusal(urlWith((url) => url.replace(/@\/\w+/, '@/nowhere')))).toBe(
      'The database of DATABASE_URL refuses (database "nowhere" does not exist): create the database, or correct DATABASE_URL.',
    );
  });

  it('when the user may not connect to it', async () => {
    const { name, url } = await aRole('LOGIN');
    await database.query(`REVOKE CONNECT ON DATABASE ${database.place.database} FROM PUBLIC`);
    expect(await refusal(url)).toBe(
      `The database of DATABASE_URL refuses (permission denied for database "${database.place.database}"): ` +
        'grant CONNECT on the database to the user, or correct DATABASE_URL.',
    );
    await database.query(`DROP ROLE ${name}`);
  });

  it('when the user may not log in', async () => {
    const { name, url } = await aRole('NOLOGIN');
    expect(await refusal(url)).toBe(
      `The database of DATABASE_URL refuses (role "${name}" is not permitted to log in): ` +
        'correct the user in DATABASE_URL, or let the server admit it (its roles and pg_hba.conf).',
    );
    await database.query(`DROP ROLE ${name}`);
  });

  it('when it is of a PostgreSQL that is too old', async () => {
    const old = await anOldPostgreSql({ server_version_num: '130014', server_version: '13.14' });
    expect(await refusal(old)).toBe(
      'The database of DATABASE_URL is PostgreSQL 13.14, and Rollcall needs PostgreSQL 14 or newer: ' +
        'upgrade it, or set DATABASE_URL to another.',
    );
  });

  it('nothing, when it takes connections', async () => {
    const signal = new AbortController().signal;
    await expect(waitForDatabase(database.url, 1, { warn: () => undefined }, signal)).resolves.toBeUndefined();
  });
});

/** A server that admits everybody and answers SHOW alone, by PostgreSQL's protocol, version 3. */
async function anOldPostgreSql(settings: Record<string, string>) {
  const ready = message('Z', Buffer.from('I'));
  const answer = (name: string) => {
    const value = Buffer.from(settings[name]!);
    const column = Buffer.alloc(18);
    column.writeInt32BE(25, 6);
    const fields = Buffer.concat([Buffer.from([0, 1]), Buffer.from(`${name}\0`), column]);
    const row = Buffer.concat([Buffer.from([0, 1, 0, 0, 0, value.length]), value]);
    return Buffer.concat([message('T', fields), message('D', row), message('C', Buffer.from('SHOW\0')), ready]);
  };
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.write(Buffer.concat([message('R', Buffer.alloc(4)), ready]));
      socket.on('data', (request) => {
        const [, name] = /^Q....SHOW (\w+)\0/s.exec(request.toString('latin1')) ?? [];
        if (name) socket.write(answer(name));
        else socket.end();
      });
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return `postgres://u@127.0.0.1:${port}/d`;
}

function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}
