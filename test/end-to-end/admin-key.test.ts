import { statSync } from 'node:fs';
import path from 'node:path';
import { eventually } from '../database/embedded/data-folders';
import { graphqlClient, type Answer } from '../support/client';
import { adminKey, openStage } from './stage';

jest.setTimeout(60_000);

const stage = openStage(afterEach);

const ROLE = '{ caller { role } }';

describe.each(['the embedded PostgreSQL', 'DATABASE_URL'])('"rollcall admin-key reset" with %s', (kind) => {
  it.each(['runs', 'is stopped'])('ends the former key and writes a new one while the server %s', async (state) => {
    const dataDir = stage.folder();
    const database = kind === 'DATABASE_URL' ? await stage.database() : null;
    const environment = database ? { DATABASE_URL: database.url } : {};
    let server = await stage.serve(dataDir, environment);
    const formerKey = adminKey(dataDir);
    if (state === 'is stopped') await server.kill('SIGTERM');

    const reset = await stage.run(['admin-key', 'reset'], { ROLLCALL_DATA_DIR: dataDir, ...environment });

    const file = path.join(dataDir, 'admin.key');
    expect(reset).toEqual({
      code: 0,
      output: `The former administrator key has ended. The new one is in ${file}\n`,
      errors: '',
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    if (state === 'is stopped') server = await stage.serve(dataDir, environment);
    const refused = await eventually(async () => refusal(await graphqlClient(server.url, formerKey)(ROLE)));
    expect(refused).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'KEY_REVOKED' });
    const { data } = await graphqlClient(server.url, adminKey(dataDir))(ROLE);
    expect(data).toEqual({ caller: { role: 'ADMIN' } });

    const audit = `SELECT action, outcome, actor_name, target_type FROM audit_event WHERE action LIKE 'api_key.%' AND outcome = 'SUCCEEDED' ORDER BY at`;
    const rows = database ? await database.query(audit) : (await (await stage.connect(dataDir)).query(audit)).rows;
    expect(rows).toEqual(
      ['api_key.bootstrap', 'api_key.reset'].map((action) => ({
        action,
        outcome: 'SUCCEEDED',
        actor_name: 'rollcall',
        target_type: 'api_key',
      })),
    );
  });
});

it('"rollcall admin-key reset" makes no database where there is none', async () => {
  const dataDir = stage.folder();
  const { code, errors } = await stage.run(['admin-key', 'reset'], { ROLLCALL_DATA_DIR: dataDir });
  expect(code).toBe(1);
  expect(errors).toBe(
    `rollcall: There is no database in the data folder ${dataDir}: set ROLLCALL_DATA_DIR to the server's, or start the server once.\n`,
  );
  expect(() => adminKey(dataDir)).toThrow('ENOENT');
});

function refusal({ errors: [error] }: Answer) {
  return error?.extensions ?? false;
}
