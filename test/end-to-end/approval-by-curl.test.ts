import { execFile, spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { dataOf, graphqlClient } from '../support/client';
import { openStage } from './stage';

jest.setTimeout(60_000);

const stage = openStage(afterEach);

const missing = ['curl', 'openssl', 'bash'].filter((program) => spawnSync(program, ['--version']).error);
if (missing.length > 0)
  process.stderr.write(`The test of approval by curl is skipped: there is no ${missing.join(', ')} on this machine.\n`);

/** The commands of docs/client-registry.md, as they stand there. */
const page = readFileSync(path.join(__dirname, '../../docs/client-registry.md'), 'utf8');
const commands = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block!);

const withPrograms = missing.length > 0 ? describe.skip : describe;

withPrograms('curl and openssl', () => {
  it('let an agent in by the commands of docs/client-registry.md, as they stand there', async () => {
    const dataDir = stage.folder();
    const folder = stage.folder();
    const { url } = await stage.serve(dataDir);
    copyFileSync(path.join(dataDir, 'admin.key'), path.join(folder, 'admin.key'));
    const script = commands.join('\n').replace('http://127.0.0.1:8080', url);
    expect(script).toContain(url);
    const { stdout, stderr } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder });
    expect(stderr).toBe('');
    // What each call of `ask` is commented with is what it printed.
    const said = [...page.matchAll(/^ask +# (\d{3})/gm)].map(([, status]) => status);
    expect(stdout.match(/^\d{3}$/gm)).toEqual(said);
    const [, shown] = /^Username: db2\.example\.com, pairing ID: (.{9})$/m.exec(stdout)!;
    expect(stdout).toContain(`"pairingId":"${shown}"`);
    const admin = graphqlClient(url, readFileSync(path.join(dataDir, 'admin.key'), 'utf8').trim());
    const { node } = dataOf(
      await admin('{ node(by: { name: "db2.example.com" }) { status os hostAgent { enrolledBy } } }'),
    );
    expect(node).toEqual({ status: 'ACTIVE', os: 'linux/amd64', hostAgent: { enrolledBy: 'APPROVAL' } });
  });
});
