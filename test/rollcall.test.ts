import { execFile } from 'node:child_process';
import { accessSync, constants, copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from './support/process';

const ROOT = path.join(__dirname, '..');
const { bin, version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  bin: Record<string, string>;
  version: string;
};
const COMMAND = bin['rollcall']!;
const run = promisify(execFile);

test('the command that npm links may be run, and is the program', async () => {
  const file = path.join(ROOT, COMMAND);
  accessSync(file, constants.X_OK);
  expect((await run(file, ['--version'])).stdout.trim()).toBe(version);
});

test('before anything is built it is there as well, and says what to do', async () => {
  const folder = temporaryFolder();
  const file = path.join(folder.path, COMMAND);
  mkdirSync(path.dirname(file));
  copyFileSync(path.join(ROOT, COMMAND), file);
  await expect(run(file, ['--version'])).rejects.toMatchObject({
    code: 1,
    stderr: 'rollcall: It is not built yet. Run npm start, which builds it, or npm run build.\n',
  });
  folder.remove();
});
